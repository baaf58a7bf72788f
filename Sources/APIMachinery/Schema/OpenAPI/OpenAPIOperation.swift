//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// One operation on a path.
struct OpenAPIOperation {
    /// What a request carries.
    enum Body {
        case none
        case object
        case patch([String])
        case deleteOptions
    }

    /// What a request does; the text is what `x-kubernetes-action` says.
    enum Action: String {
        case get, list, post, put, patch, delete, deletecollection
    }

    var action: Action
    /// `read`, `list`, `replace` …, with which the operation's ID begins.
    var verb: String
    var description: String
    var parameters: [OpenAPIParameter] = []
    var body = Body.none
    /// What a success answers; nil for a `Status`.
    var response: JSONValue?
    var successCodes = ["200"]

    /// The HTTP method in lower case.
    var method: String {
        switch action {
        case .get, .list: "get"
        case .post: "post"
        case .put: "put"
        case .patch: "patch"
        case .delete, .deletecollection: "delete"
        }
    }
}

/// Spells operations in one dialect.
struct OpenAPIOperationWriter {
    let dialect: OpenAPIDialect

    private static let mediaTypes = ["application/json", "application/yaml"]

    /// The operation as a document spells it. `object` refers to the type that travels in `post` and `put`.
    func value(
        _ operation: OpenAPIOperation, id: String, tag: String, kind: GroupVersionKind, object: JSONValue,
        definitions: inout OpenAPIDefinitions
    ) -> JSONValue {
        let body: (schema: JSONValue, types: [String])? =
            switch operation.body {
            case .none: nil
            case .object: (object, Self.mediaTypes)
            case .patch(let types): (definitions.patchReference(), types)
            case .deleteOptions: (definitions.reference(to: .deleteOptions), Self.mediaTypes)
            }
        let response = operation.response ?? definitions.reference(to: .status)
        var parameters = operation.parameters.map { $0.value(dialect) }
        var result: JSONValue = ["description": .string(operation.description), "operationId": .string(id), "tags": [.string(tag)]]
        var optional = false
        if case .deleteOptions = operation.body { optional = true }
        switch dialect {
        case .v2:
            result["consumes"] = .array((body?.types ?? ["*/*"]).map(JSONValue.string))
            result["produces"] = .array(Self.mediaTypes.map(JSONValue.string))
            result["schemes"] = ["https"]
            if let body {
                var parameter: JSONValue = ["name": "body", "in": "body", "schema": body.schema]
                if !optional { parameter["required"] = true }
                parameters.insert(parameter, at: 0)
            }
        case .v3:
            if let body {
                var value: JSONValue = ["content": content(body.schema, body.types)]
                if !optional { value["required"] = true }
                result["requestBody"] = value
            }
        }
        if !parameters.isEmpty { result["parameters"] = .array(parameters) }
        result["responses"] = responses(response, codes: operation.successCodes)
        result["x-kubernetes-action"] = .string(operation.action.rawValue)
        result["x-kubernetes-group-version-kind"] = kind.openAPIValue
        return result
    }

    private func responses(_ schema: JSONValue, codes: [String]) -> JSONValue {
        var result = JSONObject()
        for code in codes {
            let description: JSONValue =
                switch code {
                case "201": "Created"
                case "202": "Accepted"
                default: "OK"
                }
            result[code] =
                switch dialect {
                case .v2: ["description": description, "schema": schema]
                case .v3: ["description": description, "content": content(schema, Self.mediaTypes)]
                }
        }
        return .object(result)
    }

    private func content(_ schema: JSONValue, _ types: [String]) -> JSONValue {
        .object(JSONObject(types.map { JSONObject.Member(key: $0, value: ["schema": schema]) }))
    }
}
