//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The metadata that every object has, typed. Members this type doesn't know are dropped (`selfLink` among them).
///
/// Source of the rule: upstream meta/v1 ObjectMeta; stored layout and member order.
public struct ObjectMeta: Sendable, Hashable {
    /// The name, unique among the resource's objects in a namespace.
    public var name = ""
    /// Instead of a name: the beginning of one that the server makes.
    public var generateName = ""
    /// The namespace; empty for cluster-scoped objects.
    public var namespace = ""
    /// Tells this object from others that had its name before.
    public var uid = ""
    /// The version of the object; empty in storage and for objects that aren't stored yet.
    public var resourceVersion = ""
    /// Counts the changes of what the object asks for.
    public var generation: Int64 = 0
    /// When it was created.
    public var creationTimestamp: Timestamp?
    /// When it is to be gone; nil while nobody deletes it.
    public var deletionTimestamp: Timestamp?
    /// How long its deletion may take.
    public var deletionGracePeriodSeconds: Int64?
    /// What selectors look at.
    public var labels: [String: String] = [:]
    /// What people and tools note on it.
    public var annotations: [String: String] = [:]
    /// Who owns it.
    public var ownerReferences: [OwnerReference] = []
    /// Who has to do something before it goes.
    public var finalizers: [String] = []
    /// Who set which field.
    public var managedFields: [JSONValue] = []

    /// No metadata.
    public init() {}
}

extension ObjectMeta: JSONConvertible {
    init(reading reader: inout JSONMemberReader) throws(JSONDecodingFailure) {
        name = try reader.string("name")
        generateName = try reader.string("generateName")
        namespace = try reader.string("namespace")
        uid = try reader.string("uid")
        resourceVersion = try reader.string("resourceVersion")
        generation = try reader.integer("generation") ?? 0
        creationTimestamp = try reader.timestamp("creationTimestamp")
        deletionTimestamp = try reader.timestamp("deletionTimestamp")
        deletionGracePeriodSeconds = try reader.integer("deletionGracePeriodSeconds")
        labels = try reader.stringMap("labels")
        annotations = try reader.stringMap("annotations")
        ownerReferences = try reader.objects("ownerReferences", as: OwnerReference.self)
        finalizers = try reader.strings("finalizers")
        managedFields = try reader.array("managedFields")
    }

    /// The metadata as a tree: members in upstream's order, empty ones left out, maps sorted by key.
    public func json() -> JSONValue {
        .object(JSONObject(uniqueMembers: members.compactMap { key, value in value.map { JSONObject.Member(key: key, value: $0) } }))
    }

    /// Every member this type knows, in order; nil for an empty one.
    var members: [(key: String, value: JSONValue?)] {
        [
            ("name", text(name)),
            ("generateName", text(generateName)),
            ("namespace", text(namespace)),
            ("uid", text(uid)),
            ("resourceVersion", text(resourceVersion)),
            ("generation", generation == 0 ? JSONValue?.none : .integer(generation)),
            ("creationTimestamp", creationTimestamp.map { .string($0.description) }),
            ("deletionTimestamp", deletionTimestamp.map { .string($0.description) }),
            ("deletionGracePeriodSeconds", deletionGracePeriodSeconds.map { .integer($0) }),
            ("labels", map(labels)),
            ("annotations", map(annotations)),
            ("ownerReferences", array(ownerReferences.map { $0.json() })),
            ("finalizers", array(finalizers.map { .string($0) })),
            ("managedFields", array(managedFields)),
        ]
    }

    private func text(_ string: String) -> JSONValue? { string.isEmpty ? JSONValue?.none : .string(string) }
    private func map(_ map: [String: String]) -> JSONValue? { map.isEmpty ? JSONValue?.none : .object(JSONObject(sorting: map)) }
    private func array(_ elements: [JSONValue]) -> JSONValue? { elements.isEmpty ? JSONValue?.none : .array(elements) }
}

extension ObjectMeta: Codable {
    /// Decodes from a tree.
    /// - Throws: ``JSONDecodingFailure`` naming the member that isn't of its type.
    public init(json value: JSONValue) throws(JSONDecodingFailure) {
        try self.init(tree: value)
    }

    /// Decodes through a tree, by the rules of ``init(json:)``.
    public init(from decoder: any Decoder) throws { try self.init(treeOf: decoder) }

    /// Encodes the tree of ``json()``.
    public func encode(to encoder: any Encoder) throws { try json().encode(to: encoder) }
}
