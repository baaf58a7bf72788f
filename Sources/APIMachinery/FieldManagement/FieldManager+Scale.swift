//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension FieldManager {
    /// The new object with its managed fields after a write through its `scale` subresource, which sets nothing but the number of copies.
    ///
    /// Whoever managed that field loses it to the writer. The writer's entry has no time: upstream's has none either. Without a change, or
    /// when nobody manages the field, everything stays.
    ///
    /// Source of the rule: upstream apimachinery util/managedfields ScaleHandler.
    /// - Parameters:
    ///   - new: the object that is to be written.
    ///   - live: the object as it is.
    ///   - manager: who writes.
    ///   - path: where the number of copies is.
    public func scale(_ new: JSONValue, live: JSONValue, manager: String, path: [PathElement] = ["spec", "replicas"]) -> JSONValue {
        let unchanged = live["metadata"]?["managedFields"]
        let field = FieldSet(path)
        guard var managed = Self.managed(unchanged) else { return Self.object(new, managed: unchanged) }
        do {
            let comparison = try FieldComparison(
                from: Self.object(live, managed: nil), to: Self.object(new, managed: nil), schema: schema)
            let isChanged = comparison.added.union(comparison.modified).contains(path)
            guard isChanged, managed.entries.contains(where: { $0.apiVersion == apiVersion && $0.fields.contains(path) }) else {
                return Self.object(new, managed: unchanged)
            }
        } catch {
            return Self.object(new, managed: unchanged)
        }
        managed.keep { $0.apiVersion == apiVersion }
        managed.changeFields { $0.subtracting(field) }
        managed.add(
            ManagedFields.Entry(
                manager: manager.isEmpty ? "unknown" : manager, operation: .update, apiVersion: apiVersion, subresource: subresource, fields: field))
        return Self.object(new, managed: managed.json)
    }
}
