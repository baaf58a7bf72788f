//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// Which objects a list or a watch is about, and how many of them.
///
/// Source of the rule: upstream storage.SelectionPredicate.
public struct SelectionPredicate: Sendable {
    /// What selectors look at.
    public struct Attributes: Sendable, Hashable {
        /// The object's labels.
        public var labels: [String: String]
        /// The selectable fields, by path: `metadata.name`, `metadata.namespace` and what the resource adds.
        public var fields: [String: String]

        /// Attributes of an object.
        public init(labels: [String: String] = [:], fields: [String: String] = [:]) {
            self.labels = labels
            self.fields = fields
        }
    }

    /// Reads an object's attributes. Throws when the bytes aren't a readable object.
    public typealias AttributesFunction = @Sendable (StoredObject) throws -> Attributes

    /// By labels.
    public var labels: LabelSelector
    /// By fields.
    public var fields: FieldSelector
    /// How attributes are read; ``metadataAttributes`` unless the resource has more fields.
    public var attributes: AttributesFunction
    /// The most items of a page; 0 for no limit.
    public var limit: Int
    /// Where an earlier page ended.
    public var continueToken: String?
    /// The watcher wants bookmarks.
    public var allowWatchBookmarks: Bool

    /// A predicate; by default it takes everything.
    public init(
        labels: LabelSelector = .everything, fields: FieldSelector = .everything,
        attributes: @escaping AttributesFunction = SelectionPredicate.metadataAttributes, limit: Int = 0, continueToken: String? = nil,
        allowWatchBookmarks: Bool = false
    ) {
        self.labels = labels
        self.fields = fields
        self.attributes = attributes
        self.limit = limit
        self.continueToken = continueToken
        self.allowWatchBookmarks = allowWatchBookmarks
    }

    /// Takes every object, all at once.
    public static let everything = SelectionPredicate()

    /// True when no object is turned away.
    public var isEmpty: Bool { labels.isEmpty && fields.isEmpty }

    /// Labels, and the fields `metadata.name` and `metadata.namespace` (the latter only for objects that have one). One scan of the bytes.
    public static let metadataAttributes: AttributesFunction = { object in
        let metadata = try object.metadata()
        var fields = ["metadata.name": metadata.name]
        if !metadata.namespace.isEmpty { fields["metadata.namespace"] = metadata.namespace }
        return Attributes(labels: metadata.labels, fields: fields)
    }

    /// Whether an object with these attributes is selected.
    public func matches(_ attributes: Attributes) -> Bool {
        labels.matches(attributes.labels) && fields.matches(attributes.fields)
    }

    /// Whether an object is selected. Without selectors the bytes aren't looked at.
    public func matches(_ object: StoredObject) throws -> Bool {
        isEmpty ? true : matches(try attributes(object))
    }

    /// The name, when the field selector pins `metadata.name` and no page is being continued.
    public var singleName: String? {
        continueToken == nil ? fields.requiredValue(of: "metadata.name") : nil
    }

    /// The namespace, when the field selector pins `metadata.namespace` and no page is being continued.
    public var singleNamespace: String? {
        continueToken == nil ? fields.requiredValue(of: "metadata.namespace") : nil
    }
}
