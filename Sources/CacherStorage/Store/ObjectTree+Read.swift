//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension ObjectTree {
    /// The object at a key.
    subscript(key: String) -> CachedElement? {
        KeyOrder.withBytes(of: key) { key in
            var node = root
            while !node.isLeaf { node = node.children[node.childIndex(key)] }
            let index = node.elementIndex(key)
            return node.holds(key, at: index) ? node.elements[index] : nil
        }
    }

    /// How many objects have keys before the given one.
    func rank(of key: String) -> Int {
        KeyOrder.withBytes(of: key) { key in
            var node = root
            var before = 0
            while !node.isLeaf {
                let index = node.childIndex(key)
                for left in 0..<index { before += node.children[left].count }
                node = node.children[index]
            }
            return before + node.elementIndex(key)
        }
    }

    /// How many objects have keys in the interval. Logarithmic.
    func count(in interval: KeyInterval) -> Int {
        max(0, rank(of: interval.upper) - rank(of: interval.lower))
    }

    /// Visits the objects of an interval in order, until the body returns false.
    func forEach(in interval: KeyInterval, _ body: (CachedElement) -> Bool) {
        KeyOrder.withBytes(of: interval.lower) { lower in
            KeyOrder.withBytes(of: interval.upper) { upper in
                _ = Self.visit(root, from: lower, before: upper, body)
            }
        }
    }

    /// A nil bound says that the whole node lies on the inner side of it, so that only nodes on the edges compare keys.
    private static func visit(
        _ node: Node, from lower: UnsafeRawBufferPointer?, before upper: UnsafeRawBufferPointer?, _ body: (CachedElement) -> Bool
    ) -> Bool {
        if node.isLeaf {
            let start = lower.map(node.elementIndex) ?? 0
            let end = upper.map(node.elementIndex) ?? node.elements.count
            guard start < end else { return true }
            for index in start..<end where !body(node.elements[index]) { return false }
            return true
        }
        let first = lower.map(node.childIndex) ?? 0
        let last = upper.map(node.childIndex) ?? node.children.count - 1
        guard first <= last else { return true }
        for index in first...last {
            let goesOn = visit(node.children[index], from: index == first ? lower : nil, before: index == last ? upper : nil, body)
            if !goesOn { return false }
        }
        return true
    }
}
