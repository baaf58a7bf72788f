//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Builds the paths of resources, and collects the definitions that they refer to.
struct OpenAPIPaths {
    var definitions: OpenAPIDefinitions
    private var paths: [String: JSONValue] = [:]
    private let writer: OpenAPIOperationWriter

    init(dialect: OpenAPIDialect) {
        definitions = OpenAPIDefinitions(dialect: dialect)
        writer = OpenAPIOperationWriter(dialect: dialect)
    }

    /// All paths, sorted.
    var value: JSONValue {
        .object(JSONObject(uniqueMembers: paths.keys.sorted().map { JSONObject.Member(key: $0, value: paths[$0] ?? .null) }))
    }

    /// Adds everything that can be done with a resource.
    mutating func add(_ resource: OpenAPIResource) {
        let object = definitions.reference(to: resource.effectiveSchema, alsoKnownAs: resource.kind, open: resource.schema == nil)
        let group = resource.groupVersion.group
        let base = group.isEmpty ? "/api/\(resource.groupVersion.version)" : "/apis/\(group)/\(resource.groupVersion.version)"
        let collection = resource.namespaced ? "\(base)/namespaces/{namespace}/\(resource.plural)" : "\(base)/\(resource.plural)"
        let scope = Scope(resource: resource, object: object)
        addCollection(scope, path: collection)
        if resource.namespaced, resource.verbs.contains("list") {
            let list = listOperation(resource)
            addPath(
                "\(base)/\(resource.plural)", scope, [list], suffix: "\(resource.kind.kind)ForAllNamespaces",
                parameters: OpenAPIParameter.listing + [.pretty])
        }
        addItem(scope, path: "\(collection)/{name}")
        for subresource in resource.subresources { add(subresource, scope, path: "\(collection)/{name}/\(subresource.name)") }
    }

    /// What the operations of a resource share.
    private struct Scope {
        var resource: OpenAPIResource
        var object: JSONValue

        var pathParameters: [OpenAPIParameter] { (resource.namespaced ? [.namespace] : []) + [.pretty] }
        var itemParameters: [OpenAPIParameter] { [.name(of: resource.kind.kind)] + pathParameters }
        /// How operation IDs name the objects.
        var noun: String { (resource.namespaced ? "Namespaced" : "") + resource.kind.kind }
        /// `AppsV1`, as operation IDs name the group and version: a group by its first part.
        var groupVersionText: String { Self.capitalized(groupText) + Self.capitalized(resource.groupVersion.version) }
        var tag: String { "\(groupText)_\(resource.groupVersion.version)" }
        private var groupText: String {
            resource.groupVersion.group.isEmpty ? "core" : String(resource.groupVersion.group.prefix { $0 != "." })
        }

        static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
    }

    private mutating func addCollection(_ scope: Scope, path: String) {
        let resource = scope.resource
        let kind = resource.kind.kind
        var operations: [OpenAPIOperation] = []
        if resource.verbs.contains("list") {
            var list = listOperation(resource)
            list.parameters = OpenAPIParameter.listing
            operations.append(list)
        }
        if resource.verbs.contains("create") {
            operations.append(
                OpenAPIOperation(
                    action: .post, verb: "create", description: "Creates a \(kind)", parameters: OpenAPIParameter.writing, body: .object,
                    response: scope.object, successCodes: ["200", "201", "202"]))
        }
        if resource.verbs.contains("deletecollection") {
            operations.append(
                OpenAPIOperation(
                    action: .deletecollection, verb: "deleteCollection", description: "Deletes the selected \(kind) objects",
                    parameters: OpenAPIParameter.selecting + OpenAPIParameter.deleting, body: .deleteOptions))
        }
        addPath(path, scope, operations, suffix: scope.noun, parameters: scope.pathParameters)
    }

    private mutating func listOperation(_ resource: OpenAPIResource) -> OpenAPIOperation {
        OpenAPIOperation(
            action: .list, verb: "list", description: "Lists or watches \(resource.kind.kind) objects",
            response: definitions.reference(to: resource.listSchema))
    }

    private mutating func addItem(_ scope: Scope, path: String) {
        let resource = scope.resource
        var operations = itemOperations(
            resource.verbs, what: "a \(resource.kind.kind)", object: scope.object, patchTypes: resource.patchTypes)
        if resource.verbs.contains("delete") {
            operations.append(
                OpenAPIOperation(
                    action: .delete, verb: "delete", description: "Deletes a \(resource.kind.kind)", parameters: OpenAPIParameter.deleting,
                    body: .deleteOptions, successCodes: ["200", "202"]))
        }
        addPath(path, scope, operations, suffix: scope.noun, parameters: scope.itemParameters)
    }

    private func itemOperations(_ verbs: [String], what: String, object: JSONValue, patchTypes: [String]) -> [OpenAPIOperation] {
        var operations: [OpenAPIOperation] = []
        if verbs.contains("get") {
            operations.append(OpenAPIOperation(action: .get, verb: "read", description: "Reads \(what)", response: object))
        }
        if verbs.contains("update") {
            operations.append(
                OpenAPIOperation(
                    action: .put, verb: "replace", description: "Replaces \(what)", parameters: OpenAPIParameter.writing, body: .object,
                    response: object, successCodes: ["200", "201"]))
        }
        if verbs.contains("patch") {
            operations.append(
                OpenAPIOperation(
                    action: .patch, verb: "patch", description: "Changes parts of \(what)", parameters: OpenAPIParameter.writing + [.force],
                    body: .patch(patchTypes), response: object, successCodes: ["200", "201"]))
        }
        return operations
    }

    private mutating func add(_ subresource: OpenAPIResource.Subresource, _ scope: Scope, path: String) {
        var scope = scope
        if let schema = subresource.schema { scope.object = definitions.reference(to: schema, alsoKnownAs: subresource.kind) }
        let what = "\(subresource.name) of a \(scope.resource.kind.kind)"
        var operations = itemOperations(subresource.verbs, what: what, object: scope.object, patchTypes: scope.resource.patchTypes)
        if subresource.verbs.contains("create") {
            operations.append(
                OpenAPIOperation(
                    action: .post, verb: "create", description: "Creates \(what)", parameters: OpenAPIParameter.writing, body: .object,
                    response: scope.object, successCodes: ["200", "201", "202"]))
        }
        if subresource.verbs.contains("delete") {
            operations.append(
                OpenAPIOperation(
                    action: .delete, verb: "delete", description: "Deletes \(what)", parameters: OpenAPIParameter.deleting, body: .deleteOptions,
                    successCodes: ["200", "202"]))
        }
        addPath(
            path, scope, operations, suffix: scope.noun + Scope.capitalized(subresource.name), parameters: scope.itemParameters,
            kind: subresource.kind)
    }

    private mutating func addPath(
        _ path: String, _ scope: Scope, _ operations: [OpenAPIOperation], suffix: String, parameters: [OpenAPIParameter],
        kind: GroupVersionKind? = nil
    ) {
        guard !operations.isEmpty else { return }
        var item = paths[path] ?? [:]
        for operation in operations {
            // `deleteAppsV1CollectionNamespacedDeployment`: upstream splits the verb round the group.
            let id =
                operation.action == .deletecollection
                ? "delete\(scope.groupVersionText)Collection\(suffix)" : "\(operation.verb)\(scope.groupVersionText)\(suffix)"
            item[operation.method] = writer.value(
                operation, id: id, tag: scope.tag, kind: kind ?? scope.resource.kind, object: scope.object, definitions: &definitions)
        }
        item["parameters"] = .array(parameters.map { $0.value(definitions.dialect) })
        paths[path] = item
    }
}
