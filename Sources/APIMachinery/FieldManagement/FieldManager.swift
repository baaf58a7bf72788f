//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Keeps book of who set which field of the objects at one endpoint of the API: what stands in `metadata.managedFields`.
///
/// A value without state; whoever writes an object asks it once for each attempt.
///
/// Source of the rule: upstream apimachinery util/managedfields FieldManager.
public struct FieldManager: Sendable {
    /// How many entries of updates there are at most; more are joined, the oldest first.
    public static let maximumUpdateEntries = 10

    /// The version of the API in whose terms the objects are.
    public var apiVersion: String
    /// The subresource that the endpoint serves; empty for the object itself.
    public var subresource: String
    /// The shape of the objects; nil to find it out from their values.
    public var schema: ObjectSchema?
    /// Fields that the endpoint puts back to what they were, so that nobody can set them there.
    public var resetFields: FieldSet

    /// Keeps book for one endpoint.
    public init(apiVersion: String, subresource: String = "", schema: ObjectSchema?, resetFields: FieldSet = FieldSet()) {
        self.apiVersion = apiVersion
        self.subresource = subresource
        self.schema = schema
        self.resetFields = resetFields
    }

    /// The new object with its managed fields.
    ///
    /// The writer gets the fields that it adds or changes, and everybody else loses those that are changed or removed. An entry's time changes
    /// only when its manager changed something. The starting point is what the new object itself says about managed fields, if it says anything that
    /// can be read and the endpoint isn't a subresource's; otherwise what the live one says. An empty list, or a list of one empty entry, means that
    /// nobody is to manage anything. An existing object whose fields nobody manages stays so.
    ///
    /// When an object has lists whose elements can't be told apart, the managed fields stay those of the live object.
    /// - Parameters:
    ///   - new: the object that is to be written, in shape and with its defaults.
    ///   - live: the object as it is; nil when it doesn't exist yet.
    ///   - manager: who writes.
    public func update(_ new: JSONValue, live: JSONValue?, manager: String, now: Timestamp = .now) -> JSONValue {
        var managed = starting(new: new, live: live)
        guard !managed.isEmpty || !Self.exists(live) else { return Self.object(new, managed: managed.json) }
        do {
            try change(&managed, from: live, to: new, manager: manager, now: now)
        } catch {
            return Self.object(new, managed: live?["metadata"]?["managedFields"])
        }
        return Self.object(new, managed: managed.json)
    }

    private func change(
        _ managed: inout ManagedFields, from live: JSONValue?, to new: JSONValue, manager: String, now: Timestamp
    ) throws(ManagedFieldsError) {
        let old = live ?? schema?.zeroValue ?? [:]
        var comparison = try FieldComparison(
            from: Self.object(old, managed: nil), to: Self.object(new, managed: nil), schema: schema)
        comparison.ignore(resetFields)
        let written = comparison.added.union(comparison.modified)
        let gone = written.union(comparison.removed)
        // Entries in terms of a version that isn't served can't be kept up to date.
        managed.keep { $0.apiVersion == apiVersion }
        managed.changeFields { $0.reconciled(with: schema).subtracting(gone) }
        let own = written.subtracting(Self.unmanagedFields)
        if !own.isEmpty {
            managed.add(
                ManagedFields.Entry(
                    manager: manager.isEmpty ? "unknown" : manager, operation: .update, apiVersion: apiVersion, time: now,
                    subresource: subresource, fields: own))
        }
        managed.capUpdates(at: Self.maximumUpdateEntries)
    }

    private func starting(new: JSONValue, live: JSONValue?) -> ManagedFields {
        let requested = subresource.isEmpty ? new["metadata"]?["managedFields"] : nil
        if Self.isReset(requested) { return ManagedFields() }
        if let managed = Self.managed(requested), !managed.isEmpty { return managed }
        return Self.managed(live?["metadata"]?["managedFields"]) ?? ManagedFields()
    }

    /// Nil when they can't be read: what a client or an older server left there must not stop a write.
    static func managed(_ json: JSONValue?) -> ManagedFields? {
        do {
            return try ManagedFields(json: json)
        } catch {
            return nil
        }
    }

    private static func isReset(_ json: JSONValue?) -> Bool {
        guard case .array(let entries) = json else { return false }
        return entries.isEmpty || (entries.count == 1 && entries[0].objectValue?.isEmpty == true)
    }

    private static func exists(_ live: JSONValue?) -> Bool {
        !(live?["metadata"]?["uid"]?.stringValue ?? "").isEmpty
    }

    /// The object with other managed fields; without, for nil or none.
    static func object(_ object: JSONValue, managed: JSONValue?) -> JSONValue {
        let managed = managed?.arrayValue?.isEmpty == false ? managed : nil
        guard object["metadata"]?.objectValue != nil, object["metadata"]?["managedFields"] != managed else { return object }
        var object = object
        object["metadata"]?["managedFields"] = managed
        return object
    }

    /// What belongs to the server or names the object, so that nobody manages it.
    private static let unmanagedFields = FieldSet(
        ["apiVersion"], ["kind"], ["metadata"], ["metadata", "name"], ["metadata", "namespace"], ["metadata", "creationTimestamp"],
        ["metadata", "selfLink"], ["metadata", "uid"], ["metadata", "clusterName"], ["metadata", "generation"], ["metadata", "managedFields"],
        ["metadata", "resourceVersion"])
}
