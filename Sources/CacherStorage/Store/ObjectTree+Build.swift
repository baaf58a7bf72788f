//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension ObjectTree {
    /// A tree of elements that are in order and unique by key. Linear; leaves room in the nodes for later inserts.
    init(sorted elements: [CachedElement]) {
        self.init()
        if elements.isEmpty { return }
        var level = Self.chunks(of: elements).map { (first: $0[$0.startIndex].key, node: Node(elements: ContiguousArray($0))) }
        while level.count > 1 {
            level = Self.chunks(of: level).map { part in
                let children = ContiguousArray(part.map(\.node))
                let separators = ContiguousArray(part.dropFirst().map(\.first))
                return (first: part[part.startIndex].first, node: Node(children: children, separators: separators))
            }
        }
        root = level[0].node
    }

    /// Even parts of about three quarters of a node each.
    private static func chunks<Item>(of items: [Item]) -> [ArraySlice<Item>] {
        let aim = fanOut * 3 / 4
        let parts = (items.count + aim - 1) / aim
        return (0..<parts).map { items[($0 * items.count / parts)..<(($0 + 1) * items.count / parts)] }
    }
}
