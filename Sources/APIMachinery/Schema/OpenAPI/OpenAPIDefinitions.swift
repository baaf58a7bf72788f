//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The versions of OpenAPI, which spell the same things differently.
enum OpenAPIDialect: Sendable {
    /// Swagger 2.
    case v2
    /// OpenAPI 3.0.
    case v3

    var referencePrefix: String {
        switch self {
        case .v2: "#/definitions/"
        case .v3: "#/components/schemas/"
        }
    }
}

/// Collects the definitions of types and of all that they refer to, each once.
struct OpenAPIDefinitions {
    let dialect: OpenAPIDialect
    private var definitions: [String: JSONValue] = [:]

    init(dialect: OpenAPIDialect) {
        self.dialect = dialect
    }

    /// All definitions, by name.
    var value: JSONValue {
        .object(
            JSONObject(
                uniqueMembers: definitions.keys.sorted().map { JSONObject.Member(key: $0, value: definitions[$0] ?? .null) }))
    }

    /// A reference to a type, whose definition is added along with all below it.
    mutating func reference(to schema: ObjectSchema, alsoKnownAs kind: GroupVersionKind? = nil, open: Bool = false) -> JSONValue {
        if definitions[schema.name] == nil {
            // A place is kept before going down, so that types which contain themselves come to an end.
            definitions[schema.name] = .null
            definitions[schema.name] = definition(of: schema, kind: kind, open: open)
        }
        return ["$ref": .string(dialect.referencePrefix + schema.name)]
    }

    /// A reference to a type that isn't an object.
    private mutating func reference(toSimple name: String, _ definition: JSONValue) -> JSONValue {
        definitions[name] = definition
        return ["$ref": .string(dialect.referencePrefix + name)]
    }

    /// A reference to the type of patches: any object.
    mutating func patchReference() -> JSONValue {
        reference(
            toSimple: "io.k8s.apimachinery.pkg.apis.meta.v1.Patch", ["description": "A change, in the form of its content type", "type": "object"])
    }

    private mutating func definition(of schema: ObjectSchema, kind: GroupVersionKind?, open: Bool) -> JSONValue {
        var result = JSONObject()
        if !schema.description.isEmpty { result["description"] = .string(schema.description) }
        result["type"] = "object"
        let required = schema.fields.filter(\.required).map(\.name).sorted()
        if !required.isEmpty { result["required"] = .array(required.map(JSONValue.string)) }
        if !schema.fields.isEmpty {
            let members = schema.fields.sorted { $0.name < $1.name }.map { JSONObject.Member(key: $0.name, value: property($0)) }
            result["properties"] = .object(JSONObject(uniqueMembers: members))
        }
        var kinds = schema.kinds
        if let kind, !kinds.contains(kind) { kinds.append(kind) }
        if !kinds.isEmpty { result["x-kubernetes-group-version-kind"] = .array(kinds.map(\.openAPIValue)) }
        if schema.isAtomic { result["x-kubernetes-map-type"] = "atomic" }
        if open { result["x-kubernetes-preserve-unknown-fields"] = true }
        return .object(result)
    }

    private mutating func property(_ field: ObjectSchema.Field) -> JSONValue {
        var result = typed(field.shape)
        if dialect == .v3, result["$ref"] != nil {
            result = ["allOf": [result]]
            if field.defaultValue == nil, field.presence == .always, field.shape.objectSchema != nil { result["default"] = [:] }
        }
        if !field.description.isEmpty { result["description"] = .string(field.description) }
        if let value = field.defaultValue, dialect == .v3 || result["$ref"] == nil { result["default"] = value }
        if !field.allowedValues.isEmpty { result["enum"] = .array(field.allowedValues.sorted().map(JSONValue.string)) }
        if let patch = field.patch {
            if let key = patch.mergeKey { result["x-kubernetes-patch-merge-key"] = .string(key) }
            result["x-kubernetes-patch-strategy"] = .string(patch.openAPIText)
        }
        return result
    }

    private mutating func typed(_ shape: ObjectSchema.Shape) -> JSONValue {
        switch shape {
        case .string(let format?): return ["type": "string", "format": .string(format)]
        case .string(nil): return ["type": "string"]
        case .int32: return ["type": "integer", "format": "int32"]
        case .int64: return ["type": "integer", "format": "int64"]
        case .double: return ["type": "number", "format": "double"]
        case .boolean: return ["type": "boolean"]
        case .bytes: return ["type": "string", "format": "byte"]
        case .any: return ["x-kubernetes-preserve-unknown-fields": true]
        case .timestamp:
            return reference(
                toSimple: "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
                ["description": "A time by RFC 3339", "type": "string", "format": "date-time"])
        case .quantity: return quantity()
        case .intOrString: return intOrString()
        case .array(let element, let listType): return list(of: element, listType)
        case .map(let value, let atomic):
            var result: JSONValue = ["type": "object", "additionalProperties": element(value)]
            if atomic { result["x-kubernetes-map-type"] = "atomic" }
            return result
        case .object(let schema): return reference(to: schema)
        case .deferred(let schema): return reference(to: schema())
        }
    }

    private mutating func list(of shape: ObjectSchema.Shape, _ listType: ObjectSchema.ListType) -> JSONValue {
        var result: JSONValue = ["type": "array", "items": element(shape)]
        switch listType {
        case .atomic: result["x-kubernetes-list-type"] = "atomic"
        case .set: result["x-kubernetes-list-type"] = "set"
        case .map(let keys):
            result["x-kubernetes-list-map-keys"] = .array(keys.map(JSONValue.string))
            result["x-kubernetes-list-type"] = "map"
        }
        return result
    }

    /// An element of a list or a map's value: kubectl looks for references of version 3 inside `allOf`.
    private mutating func element(_ shape: ObjectSchema.Shape) -> JSONValue {
        let result = typed(shape)
        guard dialect == .v3, result["$ref"] != nil else { return result }
        return shape.objectSchema == nil ? ["allOf": [result]] : ["allOf": [result], "default": [:]]
    }

    private mutating func quantity() -> JSONValue {
        let description: JSONValue = "An amount with a suffix such as m, k, M, Ki or Mi"
        let text: JSONValue = ["type": "string"]
        let number: JSONValue = ["type": "number"]
        return reference(
            toSimple: "io.k8s.apimachinery.pkg.api.resource.Quantity",
            dialect == .v2 ? ["description": description, "type": "string"] : ["description": description, "oneOf": [text, number]])
    }

    private mutating func intOrString() -> JSONValue {
        let description: JSONValue = "A whole number or a text"
        let text: JSONValue = ["type": "string"]
        let number: JSONValue = ["type": "integer"]
        return reference(
            toSimple: "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
            dialect == .v2
                ? ["description": description, "type": "string", "format": "int-or-string"]
                : ["description": description, "format": "int-or-string", "oneOf": [number, text]])
    }
}

extension GroupVersionKind {
    /// The kind as the extension `x-kubernetes-group-version-kind` names it.
    var openAPIValue: JSONValue { ["group": .string(group), "kind": .string(kind), "version": .string(version)] }
}

extension ObjectSchema.PatchStrategy {
    /// The strategy as the extension `x-kubernetes-patch-strategy` names it.
    var openAPIText: String {
        switch (directive, retainsKeys) {
        case (let directive?, true): "\(directive.rawValue),retainKeys"
        case (let directive?, false): directive.rawValue
        case (nil, _): "retainKeys"
        }
    }
}
