//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension StrategicMergePatch {
    /// A merged list, and the order that stands for the existing list's when it is put in order again.
    struct MergedList {
        var elements: [JSONValue]
        var serverOrder: [JSONValue]
    }

    /// Merges, or replaces, one list as its field says.
    static func mergeLists(
        _ patch: [JSONValue], into original: [JSONValue], field: String, shape: ObjectSchema.Shape?, strategy: ObjectSchema.PatchStrategy?
    ) throws(PatchError) -> MergedList {
        guard strategy?.directive == .merge else { return MergedList(elements: patch, serverOrder: original) }
        if original.isEmpty, patch.isEmpty { return MergedList(elements: original, serverOrder: original) }
        guard try elementsAreObjects(original + patch, field: field) else {
            let values = try ordered(union(original, patch), patchOrder: patch, serverOrder: original, key: nil, field: field)
            return MergedList(elements: values, serverOrder: original)
        }
        guard let key = strategy?.mergeKey else {
            throw PatchError(.inapplicable, "the list \"\(field)\" has no merge key by which its objects could be merged")
        }
        let (server, changes) = try applyElementDirectives(patch, to: original, key: key, field: field)
        var element: ObjectSchema.Shape?
        if case .array(let shape, _) = shape { element = shape }
        let merged = try mergeElements(changes, into: server, key: key, field: field, type: MemberTypes(element))
        let elements = try ordered(merged, patchOrder: changes, serverOrder: server, key: key, field: field)
        // Upstream counts as many new elements as were deleted to the end of the existing list, so that they come behind what only the server
        // has; where a list ends up must not differ.
        let freed = max(0, original.count - server.count)
        return MergedList(elements: elements, serverOrder: server + merged.dropFirst(server.count).prefix(freed))
    }

    /// Whether the lists hold objects. Throws when the elements differ in type, or are lists.
    private static func elementsAreObjects(_ elements: [JSONValue], field: String) throws(PatchError) -> Bool {
        var kind: Int?
        for element in elements {
            let current =
                switch element {
                case .object: 0
                case .array: throw PatchError(.inapplicable, "the list \"\(field)\" holds lists, which can't be merged")
                case .string: 1
                case .integer, .double: 2
                case .bool: 3
                case .null: 4
                }
            guard kind == nil || kind == current else {
                throw PatchError(.inapplicable, "the elements of the list \"\(field)\" and of its patch are not all of one type")
            }
            kind = current
        }
        return kind == 0
    }

    private static func union(_ left: [JSONValue], _ right: [JSONValue]) -> [JSONValue] {
        var seen: Set<JSONValue> = []
        return (left + right).filter { seen.insert($0).inserted }
    }

    /// Carries out `$patch` in the patch's elements. Returns what is left of the existing list and of the patch.
    private static func applyElementDirectives(
        _ patch: [JSONValue], to original: [JSONValue], key: String, field: String
    ) throws(PatchError) -> (original: [JSONValue], patch: [JSONValue]) {
        var changes: [JSONValue] = []
        var deleted: Set<JSONValue> = []
        var replace = false
        for element in patch {
            switch element[directive] {
            case nil: changes.append(element)
            case "replace": replace = true
            case "delete": deleted.insert(try value(of: key, in: element, field: field))
            case let other?:
                throw PatchError(
                    .malformed, "unknown \(directive) \(other.briefDescription) in an element of \"\(field)\": use \"replace\" or \"delete\"")
            }
        }
        if replace { return (changes, []) }
        if deleted.isEmpty { return (original, changes) }
        let kept = original.filter { element in element[key].map { !deleted.contains($0) } ?? true }
        return (kept, changes)
    }

    private static func mergeElements(
        _ patch: [JSONValue], into original: [JSONValue], key: String, field: String, type: MemberTypes
    ) throws(PatchError) -> [JSONValue] {
        var result = original
        var places: [JSONValue: Int] = [:]
        for (index, element) in original.enumerated() {
            guard let value = element[key], places[value] == nil else { continue }
            places[value] = index
        }
        for element in patch {
            let value = try value(of: key, in: element, field: field)
            if let place = places[value], let existing = result[place].objectValue, let changes = element.objectValue {
                result[place] = .object(try merge(changes, into: existing, type: type))
            } else if let added = withoutDirectives(element) {
                places[value] = result.count
                result.append(added)
            }
        }
        return result
    }

    static func value(of key: String, in element: JSONValue, field: String) throws(PatchError) -> JSONValue {
        guard let value = element[key] else {
            throw PatchError(.inapplicable, "an element of \"\(field)\" doesn't have the merge key \"\(key)\"")
        }
        return value
    }
}
