//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Who manages which fields of an object: the contents of `metadata.managedFields`.
///
/// Source of the rule: upstream apimachinery util/managedfields.
public struct ManagedFields: Sendable {
    /// How fields were set.
    public enum Operation: String, Sendable, Hashable {
        /// By server-side apply.
        case apply = "Apply"
        /// By any other write.
        case update = "Update"
    }

    /// The fields of one manager. Its name, the operation and the subresource tell entries apart, and for updates the version too.
    public struct Entry: Sendable {
        /// The name.
        public var manager: String
        /// How the fields were set.
        public var operation: Operation
        /// The version of the API in whose terms the fields are named.
        public var apiVersion: String
        /// When the fields were last changed; nil when nobody noted that.
        public var time: Timestamp?
        /// The subresource through which they were set; empty for the object itself.
        public var subresource: String
        /// The fields.
        public var fields: FieldSet

        /// An entry.
        public init(
            manager: String, operation: Operation, apiVersion: String, time: Timestamp? = nil, subresource: String = "", fields: FieldSet = FieldSet()
        ) {
            self.manager = manager
            self.operation = operation
            self.apiVersion = apiVersion
            self.time = time
            self.subresource = subresource
            self.fields = fields
        }
    }

    /// The entries; no two of the same manager.
    public private(set) var entries: [Entry]

    /// Nobody manages anything.
    public init() {
        entries = []
    }

    /// Reads `metadata.managedFields`; nil and null are empty. Of two entries of the same manager the last one counts.
    /// - Throws: ``ManagedFieldsError`` naming what is wrong.
    public init(json: JSONValue?) throws(ManagedFieldsError) {
        entries = []
        guard let json, !json.isNull else { return }
        guard case .array(let list) = json else {
            throw ManagedFieldsError("managedFields must be an array, found \(json.briefDescription)")
        }
        for (index, value) in list.enumerated() {
            let entry = try Entry(json: value, index: index)
            if let place = self.index(of: entry) { entries[place] = entry } else { entries.append(entry) }
        }
    }

    /// True without entries.
    public var isEmpty: Bool { entries.isEmpty }

    /// As written to `metadata.managedFields`: applied fields first, then by time, name, version and subresource.
    public var json: JSONValue {
        .array(entries.sorted { $0.order(to: $1) == .before }.map(\.json))
    }

    /// Keeps the entries for which a condition holds.
    mutating func keep(where condition: (Entry) -> Bool) {
        entries.removeAll { !condition($0) }
    }

    /// Changes the fields of every entry; those who have none left go.
    mutating func changeFields(_ change: (FieldSet) -> FieldSet) {
        for index in entries.indices { entries[index].fields = change(entries[index].fields) }
        entries.removeAll(where: \.fields.isEmpty)
    }

    /// Adds fields to the manager's entry, or an entry for the manager, and notes the time.
    mutating func add(_ entry: Entry) {
        guard let index = index(of: entry) else { return entries.append(entry) }
        entries[index].fields = entries[index].fields.union(entry.fields)
        entries[index].time = entry.time
    }

    /// Joins the oldest entries of updates until there are at most `limit`: each version's in one of the manager `ancient-changes`.
    ///
    /// Source of the rule: upstream capManagersManager.
    mutating func capUpdates(at limit: Int) {
        var count = entries.count { $0.operation == .update }
        guard count > limit else { return }
        let oldestFirst = entries.filter { $0.operation == .update }.sorted { $0.ageOrder(to: $1) == .before }
        var firstOfVersion: [String: Entry] = [:]
        for entry in oldestFirst where count > limit {
            guard let first = firstOfVersion[entry.apiVersion] else {
                firstOfVersion[entry.apiVersion] = entry
                continue
            }
            let fields = first.fields.union(entry.fields)
            entries.removeAll { $0.isSameManager(as: first) || $0.isSameManager(as: entry) }
            let bucket = Entry(
                manager: "ancient-changes", operation: .update, apiVersion: entry.apiVersion, time: entry.time, fields: fields)
            add(bucket)
            firstOfVersion[entry.apiVersion] = entries.first { $0.isSameManager(as: bucket) }
            count = entries.count { $0.operation == .update }
        }
    }

    private func index(of entry: Entry) -> Int? {
        entries.firstIndex { $0.isSameManager(as: entry) }
    }
}
