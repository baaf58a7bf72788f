//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Strategic merge patches: `application/strategic-merge-patch+json`, the merge patches of types that say how their lists are merged.
///
/// Objects and maps are merged and null removes, as in a merge patch. A list is replaced unless its field says `merge`: then plain values are added, and
/// objects are merged by the field's merge key. Directives in the patch say more:
///
/// - `$patch: replace` in an object: the object takes the existing one's place; in a list's element: the list does.
/// - `$patch: delete` in an object: its members go; in a list's element: the existing elements of that merge key go.
/// - `$retainKeys: […]`: members that aren't named go, before the rest is merged.
/// - `$deleteFromPrimitiveList/<list>: […]`: these plain values go.
/// - `$setElementOrder/<list>: […]`: the order of the merged list.
///
/// A merged list is ordered thus: elements that the patch names are in the order of `$setElementOrder`, or of the patch without one; elements that only
/// the server has keep their order; the two are interleaved by the existing list's order where that decides, and the patch's come first where it doesn't.
///
/// Source of the rule: upstream util/strategicpatch, StrategicMergePatch.
public enum StrategicMergePatch {
    /// Applies a patch. Costs a pass over the patch and over the lists that it touches.
    ///
    /// Throws ``PatchError`` of kind `malformed` for a bad directive, `inapplicable` when lists can't be merged.
    public static func apply(_ patch: JSONValue, to target: JSONValue, schema: ObjectSchema) throws(PatchError) -> JSONValue {
        guard case .object(let changes) = patch else {
            throw PatchError(.malformed, "a strategic merge patch is an object, found \(patch.briefDescription)")
        }
        return .object(try merge(changes, into: target.objectValue ?? JSONObject(), type: .object(schema)))
    }

    static let directive = "$patch"
    static let retainKeys = "$retainKeys"
    static let setElementOrder = "$setElementOrder/"
    static let deleteFromPrimitiveList = "$deleteFromPrimitiveList/"

    /// What is known of the members of an object.
    enum MemberTypes {
        case object(ObjectSchema)
        case map(ObjectSchema.Shape)
        case unknown

        init(_ shape: ObjectSchema.Shape?) {
            switch shape {
            case .object(let schema): self = .object(schema)
            case .deferred(let schema): self = .object(schema())
            case .map(let value, _): self = .map(value)
            default: self = .unknown
            }
        }

        func member(_ name: String) -> (shape: ObjectSchema.Shape?, patch: ObjectSchema.PatchStrategy?) {
            switch self {
            case .object(let schema):
                let field = schema.field(name)
                return (field?.shape, field?.patch)
            case .map(let value): return (value, nil)
            case .unknown: return (nil, nil)
            }
        }
    }

    static func merge(_ patch: JSONObject, into original: JSONObject, type: MemberTypes) throws(PatchError) -> JSONObject {
        var patch = patch
        if let value = patch[directive] {
            patch[directive] = nil
            switch value {
            case "replace": return patch
            case "delete": return JSONObject()
            default: throw PatchError(.malformed, "unknown \(directive) \(value.briefDescription) in an object: use \"replace\" or \"delete\"")
            }
        }
        var result = original
        try applyRetainKeys(&patch, to: &result)
        try applyElementOrders(&patch, to: &result, type: type)
        for change in patch {
            if change.key.hasPrefix(deleteFromPrimitiveList) {
                try deleteValues(change, from: &result)
            } else {
                try mergeMember(change, into: &result, type: type)
            }
        }
        return result
    }

    private static func mergeMember(_ change: JSONObject.Member, into result: inout JSONObject, type: MemberTypes) throws(PatchError) {
        guard !change.value.isNull else {
            result[change.key] = nil
            return
        }
        let (shape, strategy) = type.member(change.key)
        switch (result[change.key], change.value) {
        case (.object(let existing)?, .object(let changes)):
            if strategy?.directive == .replace {
                result[change.key] = change.value
            } else {
                result[change.key] = .object(try merge(changes, into: existing, type: MemberTypes(shape)))
            }
        case (.array(let existing)?, .array(let changes)):
            let merged = try mergeLists(changes, into: existing, field: change.key, shape: shape, strategy: strategy)
            result[change.key] = .array(merged.elements)
        default:
            // An object that only deletes has nothing to delete here, so nothing of it is kept.
            result[change.key] = withoutDirectives(change.value)
        }
    }

    /// Removes what `$retainKeys` doesn't name.
    private static func applyRetainKeys(_ patch: inout JSONObject, to result: inout JSONObject) throws(PatchError) {
        guard let value = patch[retainKeys] else { return }
        patch[retainKeys] = nil
        guard case .array(let names) = value else {
            throw PatchError(.malformed, "\(retainKeys) must be a list of names, found \(value.briefDescription)")
        }
        let retained = Set(names.compactMap(\.stringValue))
        for member in patch where !member.value.isNull && !retained.contains(member.key) {
            if member.key.hasPrefix(setElementOrder) || member.key.hasPrefix(deleteFromPrimitiveList) { continue }
            throw PatchError(.malformed, "the patch sets \"\(member.key)\", which its \(retainKeys) doesn't name")
        }
        result = JSONObject(uniqueMembers: result.members.filter { retained.contains($0.key) })
    }

    private static func deleteValues(_ change: JSONObject.Member, from result: inout JSONObject) throws(PatchError) {
        let field = String(change.key.dropFirst(deleteFromPrimitiveList.count))
        guard case .array(let values) = change.value else {
            throw PatchError(.malformed, "\(change.key) must be a list of values, found \(change.value.briefDescription)")
        }
        guard let existing = result[field]?.arrayValue else { return }
        guard (existing + values).allSatisfy({ $0.objectValue == nil && $0.arrayValue == nil }) else {
            throw PatchError(.malformed, "\(change.key) is for lists of plain values")
        }
        let deleted = Set(values)
        result[field] = .array(existing.filter { !deleted.contains($0) })
    }

    /// The patch's value where nothing existed before: without nulls, directives and elements that only delete. nil when it is only a directive.
    static func withoutDirectives(_ value: JSONValue) -> JSONValue? {
        switch value {
        case .object(let object):
            guard object[directive] == nil else { return nil }
            var members: [JSONObject.Member] = []
            for member in object where !member.value.isNull && !isDirective(member.key) {
                guard let kept = withoutDirectives(member.value) else { continue }
                members.append(JSONObject.Member(key: member.key, value: kept))
            }
            return .object(JSONObject(uniqueMembers: members))
        case .array(let array): return .array(array.compactMap(withoutDirectives))
        default: return value
        }
    }

    private static func isDirective(_ key: String) -> Bool {
        key == retainKeys || key.hasPrefix(setElementOrder) || key.hasPrefix(deleteFromPrimitiveList)
    }
}
