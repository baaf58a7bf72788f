//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension StrategicMergePatch {
    /// Merges the lists for which the patch gives an order, and takes them out of the patch.
    static func applyElementOrders(_ patch: inout JSONObject, to result: inout JSONObject, type: MemberTypes) throws(PatchError) {
        for directive in patch where directive.key.hasPrefix(setElementOrder) {
            patch[directive.key] = nil
            let field = String(directive.key.dropFirst(setElementOrder.count))
            guard case .array(let order) = directive.value else {
                throw PatchError(.malformed, "\(directive.key) must be a list, found \(directive.value.briefDescription)")
            }
            // A list that the patch removes needs no order.
            if patch[field]?.isNull == true { continue }
            let existing = try list(result[field], field: field)
            let changes = try list(patch[field], field: field)
            let (shape, strategy) = type.member(field)
            let key = strategy?.mergeKey
            if let changes { try check(changes, follows: order, key: key, field: field) }
            let merged: MergedList
            switch (existing, changes) {
            case (let existing?, let changes?):
                merged = try mergeLists(changes, into: existing, field: field, shape: shape, strategy: strategy)
            case (let existing?, nil): merged = MergedList(elements: existing, serverOrder: existing)
            case (nil, let changes?): merged = MergedList(elements: changes.compactMap(withoutDirectives), serverOrder: [])
            case (nil, nil): continue
            }
            result[field] = .array(try ordered(merged.elements, patchOrder: order, serverOrder: merged.serverOrder, key: key, field: field))
            patch[field] = nil
        }
    }

    private static func list(_ value: JSONValue?, field: String) throws(PatchError) -> [JSONValue]? {
        guard let value else { return nil }
        guard case .array(let elements) = value else {
            throw PatchError(.malformed, "\"\(field)\" must be a list to be put in order, found \(value.briefDescription)")
        }
        return elements
    }

    /// The patch's elements must come in the given order, and all of them must be named there.
    private static func check(_ patch: [JSONValue], follows order: [JSONValue], key: String?, field: String) throws(PatchError) {
        guard !order.isEmpty else { return }
        var rest = order[...]
        for element in patch where element[directive] == nil {
            let identity = try identity(of: element, key: key, field: field)
            while let next = rest.first, try self.identity(of: next, key: key, field: field) != identity { rest = rest.dropFirst() }
            guard !rest.isEmpty else {
                throw PatchError(
                    .malformed, "the order of \"\(field)\" in the patch doesn't match its \(setElementOrder)\(field): \(identity.briefDescription)")
            }
            rest = rest.dropFirst()
        }
    }

    private static func identity(of element: JSONValue, key: String?, field: String) throws(PatchError) -> JSONValue {
        guard let key else { return element }
        return try value(of: key, in: element, field: field)
    }

    /// Puts a merged list in order: the elements that `patchOrder` names in that order, the others in `serverOrder`, interleaved by `serverOrder`
    /// where it knows both.
    static func ordered(
        _ merged: [JSONValue], patchOrder: [JSONValue], serverOrder: [JSONValue], key: String?, field: String
    ) throws(PatchError) -> [JSONValue] {
        let patchRanks = try ranks(patchOrder, key: key, field: field)
        let serverRanks = try ranks(serverOrder, key: key, field: field)
        var named: [Ranked] = []
        var others: [Ranked] = []
        for element in merged {
            let identity = try identity(of: element, key: key, field: field)
            let serverRank = serverRanks[identity]
            if let rank = patchRanks[identity] {
                named.append(Ranked(element: element, rank: rank, serverRank: serverRank))
            } else {
                others.append(Ranked(element: element, rank: serverRank ?? Int.max, serverRank: serverRank))
            }
        }
        // The standard library's sort is stable in practice but doesn't promise it; elements of equal keys must keep their order.
        named = stablySorted(named)
        others = stablySorted(others)
        return interleave(others, named)
    }

    private struct Ranked {
        var element: JSONValue
        var rank: Int
        var serverRank: Int?
    }

    private static func ranks(_ order: [JSONValue], key: String?, field: String) throws(PatchError) -> [JSONValue: Int] {
        var ranks: [JSONValue: Int] = [:]
        for (index, element) in order.enumerated() {
            let identity = try identity(of: element, key: key, field: field)
            if ranks[identity] == nil { ranks[identity] = index }
        }
        return ranks
    }

    private static func stablySorted(_ elements: [Ranked]) -> [Ranked] {
        elements.enumerated()
            .sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }
            .map(\.element)
    }

    private static func interleave(_ others: [Ranked], _ named: [Ranked]) -> [JSONValue] {
        var result: [JSONValue] = []
        result.reserveCapacity(others.count + named.count)
        var left = others[...]
        for right in named {
            while let first = left.first, let leftRank = first.serverRank, let rightRank = right.serverRank, leftRank < rightRank {
                result.append(first.element)
                left = left.dropFirst()
            }
            result.append(right.element)
        }
        result.append(contentsOf: left.lazy.map(\.element))
        return result
    }
}
