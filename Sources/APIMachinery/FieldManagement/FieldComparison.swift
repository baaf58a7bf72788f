//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The fields in which two versions of an object differ.
///
/// Source of the rule: upstream structured-merge-diff TypedValue.Compare.
public struct FieldComparison: Sendable, Equatable {
    /// Those that only the new version has.
    public var added = FieldSet()
    /// Those that both have, with different values.
    public var modified = FieldSet()
    /// Those that only the old version has.
    public var removed = FieldSet()

    /// Compares two versions. Values that are owned as a whole, atomic lists and maps among them, are one field; so are empty ones.
    ///
    /// Without a schema the shape is found out from the values, and lists are owned as a whole.
    /// - Throws: ``ManagedFieldsError`` for list elements that can't be told apart.
    /// - Complexity: one walk over both, if their members are sorted or in the schema's order; otherwise they are sorted on the way.
    public init(from old: JSONValue, to new: JSONValue, schema: ObjectSchema?) throws(ManagedFieldsError) {
        var path: [PathElement] = []
        try compare(old, new, schema?.fieldType ?? .deduced, &path)
    }

    /// True when nothing differs.
    public var isEmpty: Bool { added.isEmpty && modified.isEmpty && removed.isEmpty }

    /// Forgets differences in some fields and below them.
    public mutating func ignore(_ fields: FieldSet) {
        guard !fields.isEmpty else { return }
        added = added.subtractingTrees(fields)
        modified = modified.subtractingTrees(fields)
        removed = removed.subtractingTrees(fields)
    }

    /// One of the two may be absent.
    private mutating func compare(
        _ old: JSONValue?, _ new: JSONValue?, _ type: FieldType, _ path: inout [PathElement]
    ) throws(ManagedFieldsError) {
        switch type {
        case .leaf: compareLeaves(old, new, path)
        case .object, .map: try compareMembers(old, new, type, &path)
        case .set, .list: try compareElements(old, new, type, &path)
        case .deduced:
            let before = old.map(\.isDeducedMap)
            let after = new.map(\.isDeducedMap)
            if before == true || after == true { try compareMembers(old, new, type, &path) }
            if before == false || after == false { compareLeaves(old, new, path) }
        }
        if old == nil { added.insert(path) }
        if new == nil { removed.insert(path) }
    }

    private mutating func compareLeaves(_ old: JSONValue?, _ new: JSONValue?, _ path: [PathElement]) {
        guard let old, let new, old.order(to: new) != .same else { return }
        modified.insert(path)
    }

    private mutating func compareMembers(
        _ old: JSONValue?, _ new: JSONValue?, _ type: FieldType, _ path: inout [PathElement]
    ) throws(ManagedFieldsError) {
        let before = old?.objectValue?.sortedMembers ?? []
        let after = new?.objectValue?.sortedMembers ?? []
        // A difference between nothing, null and empty is one of the field itself.
        if before.isEmpty, after.isEmpty { return compareLeaves(old, new, path) }
        for (left, right) in Self.paired(before, after, by: { Order(bytesOf: $0.key, $1.key) }) {
            guard let name = left?.key ?? right?.key else { continue }
            path.append(.field(name))
            try compare(left?.value, right?.value, type.member(name), &path)
            path.removeLast()
        }
    }

    private mutating func compareElements(
        _ old: JSONValue?, _ new: JSONValue?, _ type: FieldType, _ path: inout [PathElement]
    ) throws(ManagedFieldsError) {
        let before = try type.grouped(old?.arrayValue ?? [])
        let after = try type.grouped(new?.arrayValue ?? [])
        if before.isEmpty, after.isEmpty { return compareLeaves(old, new, path) }
        for (left, right) in Self.paired(before, after, by: { $0.element.order(to: $1.element) }) {
            guard let element = left?.element ?? right?.element else { continue }
            path.append(element)
            try compareGroups(left?.items ?? [], right?.items ?? [], type.element, &path)
            path.removeLast()
        }
    }

    /// Compares what is under one element. There should be one value at most; several are one field without anything below it.
    private mutating func compareGroups(
        _ old: [JSONValue], _ new: [JSONValue], _ type: FieldType, _ path: inout [PathElement]
    ) throws(ManagedFieldsError) {
        switch (old.count > 1, new.count > 1) {
        case (false, false): try compare(old.first, new.first, type, &path)
        case (true, true):
            if JSONValue.array(old).order(to: .array(new)) != .same { modified.insert(path) }
        case (true, false):
            if let new = new.first { try compare(nil, new, type, &path) }
            removed.insert(path)
        case (false, true):
            if let old = old.first { try compare(old, nil, type, &path) }
            added.insert(path)
        }
    }

    /// What two sorted lists have at each place of their order; nil where one of them has nothing.
    private static func paired<T>(_ left: [T], _ right: [T], by order: (T, T) -> Order) -> [(T?, T?)] {
        var pairs: [(T?, T?)] = []
        pairs.reserveCapacity(max(left.count, right.count))
        var here = left[...]
        var there = right[...]
        while let one = here.first, let other = there.first {
            switch order(one, other) {
            case .before: pairs.append((here.removeFirst(), nil))
            case .after: pairs.append((nil, there.removeFirst()))
            case .same: pairs.append((here.removeFirst(), there.removeFirst()))
            }
        }
        for one in here { pairs.append((one, nil)) }
        for other in there { pairs.append((nil, other)) }
        return pairs
    }
}

extension JSONValue {
    /// What a value of unknown type is compared as: null is as good as an empty object.
    fileprivate var isDeducedMap: Bool {
        switch self {
        case .object, .null: true
        case .array, .string, .integer, .double, .bool: false
        }
    }
}
