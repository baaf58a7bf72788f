//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What an OpenAPI document needs to know of one resource: its names, what can be done with it, and its shape.
public struct OpenAPIResource: Sendable {
    /// Something below an object that is read and written on its own, such as `status` or `scale`.
    public struct Subresource: Sendable {
        /// The last part of its path.
        public var name: String
        /// The kind that travels; the resource's own for `status`.
        public var kind: GroupVersionKind
        /// Among `get`, `create`, `update`, `patch` and `delete`.
        public var verbs: [String]
        /// The shape of what travels; nil for the resource's own.
        public var schema: ObjectSchema?

        /// Describes a subresource.
        public init(name: String, kind: GroupVersionKind, verbs: [String], schema: ObjectSchema? = nil) {
            self.name = name
            self.kind = kind
            self.verbs = verbs
            self.schema = schema
        }
    }

    /// The kind of its objects.
    public var kind: GroupVersionKind
    /// The group and version under whose path it is served; the kind's own unless said otherwise.
    public var groupVersion: GroupVersion
    /// The kind of its lists.
    public var listKind: String
    /// The name in URLs.
    public var plural: String
    /// Whether its objects live in namespaces.
    public var namespaced: Bool
    /// Among `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` and `deletecollection`.
    public var verbs: [String]
    /// What lies below its objects.
    public var subresources: [Subresource]
    /// The content types that PATCH understands.
    public var patchTypes: [String]
    /// The shape of its objects; nil for objects of any shape.
    public var schema: ObjectSchema?

    /// Content types of patches to types that say how their lists are merged.
    public static let typedPatchTypes = [
        "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
    ]

    /// Describes a resource.
    public init(
        kind: GroupVersionKind, groupVersion: GroupVersion? = nil, listKind: String? = nil, plural: String, namespaced: Bool, verbs: [String],
        subresources: [Subresource] = [], patchTypes: [String] = OpenAPIResource.typedPatchTypes, schema: ObjectSchema? = nil
    ) {
        self.kind = kind
        self.groupVersion = groupVersion ?? kind.groupVersion
        self.listKind = listKind ?? kind.kind + "List"
        self.plural = plural
        self.namespaced = namespaced
        self.verbs = verbs
        self.subresources = subresources
        self.patchTypes = patchTypes
        self.schema = schema
    }

    /// The schema, or the shape of an object of which only the metadata is known.
    var effectiveSchema: ObjectSchema { schema ?? ObjectSchema(schemaless: kind) }

    var listSchema: ObjectSchema {
        let item = effectiveSchema
        return ObjectSchema(
            item.name + "List", description: "A list of \(kind.kind) objects",
            kinds: [GroupVersionKind(groupVersion: kind.groupVersion, kind: listKind)],
            fields: ObjectSchema.typeMeta + [
                ObjectSchema.Field("metadata", .object(.listMeta), .always, description: "Metadata of the list"),
                ObjectSchema.Field("items", .array(.object(item)), .always, required: true, description: "The objects"),
            ])
    }
}

extension ObjectSchema {
    /// The shape of an object of which only the metadata is known, named as upstream names custom resources: the group's parts reversed.
    init(schemaless kind: GroupVersionKind) {
        let group = kind.group.split(separator: ".").reversed().joined(separator: ".")
        self.init(
            (group.isEmpty ? [kind.version, kind.kind] : [group, kind.version, kind.kind]).joined(separator: "."),
            kinds: [kind],
            fields: ObjectSchema.typeMeta + [Field("metadata", .object(.objectMeta), .always, description: "Standard metadata")])
    }
}
