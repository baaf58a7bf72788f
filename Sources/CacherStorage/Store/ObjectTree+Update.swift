//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension ObjectTree {
    /// Puts an object at its key.
    /// - Returns: what was there.
    @discardableResult
    mutating func update(_ element: CachedElement) -> CachedElement? {
        let (previous, split) = KeyOrder.withBytes(of: element.key) { Self.update(element, key: $0, in: &root) }
        if let split { root = Node(children: [root, split.node], separators: [split.first]) }
        return previous
    }

    /// Takes the object at a key out.
    /// - Returns: what was there.
    @discardableResult
    mutating func remove(_ key: String) -> CachedElement? {
        // Looked for first, so that a key that isn't there copies no node.
        guard self[key] != nil else { return nil }
        let removed = KeyOrder.withBytes(of: key) { Self.remove($0, from: &root) }
        if !root.isLeaf, root.children.count == 1 { root = root.children[0] }
        return removed
    }

    /// The right half of a node that had grown too big.
    private typealias Split = (first: String, node: Node)

    private static func makeUnique(_ node: inout Node) {
        if !isKnownUniquelyReferenced(&node) { node = Node(copying: node) }
    }

    private static func update(_ element: CachedElement, key: UnsafeRawBufferPointer, in node: inout Node) -> (CachedElement?, Split?) {
        makeUnique(&node)
        if node.isLeaf {
            let index = node.elementIndex(key)
            if node.holds(key, at: index) {
                let previous = node.elements[index]
                node.elements[index] = element
                return (previous, nil)
            }
            node.elements.insert(element, at: index)
            node.count += 1
            return (nil, node.elements.count > fanOut ? splitLeaf(node) : nil)
        }
        let index = node.childIndex(key)
        let (previous, split) = update(element, key: key, in: &node.children[index])
        if previous == nil { node.count += 1 }
        guard let split else { return (previous, nil) }
        node.children.insert(split.node, at: index + 1)
        node.separators.insert(split.first, at: index)
        return (previous, node.children.count > fanOut ? splitInner(node) : nil)
    }

    private static func splitLeaf(_ node: Node) -> Split {
        let half = node.elements.count / 2
        let right = Node(elements: ContiguousArray(node.elements[half...]))
        node.elements.removeSubrange(half...)
        node.count = node.elements.count
        return (right.elements[0].key, right)
    }

    private static func splitInner(_ node: Node) -> Split {
        let half = node.children.count / 2
        let first = node.separators[half - 1]
        let right = Node(children: ContiguousArray(node.children[half...]), separators: ContiguousArray(node.separators[half...]))
        node.children.removeSubrange(half...)
        node.separators.removeSubrange((half - 1)...)
        node.count -= right.count
        return (first, right)
    }

    /// The key is known to be there.
    private static func remove(_ key: UnsafeRawBufferPointer, from node: inout Node) -> CachedElement {
        makeUnique(&node)
        node.count -= 1
        if node.isLeaf { return node.elements.remove(at: node.elementIndex(key)) }
        let index = node.childIndex(key)
        let removed = remove(key, from: &node.children[index])
        if node.children[index].size < minimumFill { refill(node, at: index) }
        return removed
    }

    /// Joins a child that has become too small with a neighbour, and halves the two again when that is too much for one node.
    private static func refill(_ parent: Node, at index: Int) {
        guard parent.children.count > 1 else { return }
        let left = max(0, index - 1)
        let (a, b) = (parent.children[left], parent.children[left + 1])
        let joined: Node
        if a.isLeaf {
            joined = Node(elements: a.elements + b.elements)
        } else {
            joined = Node(children: a.children + b.children, separators: a.separators + [parent.separators[left]] + b.separators)
        }
        parent.children[left] = joined
        guard joined.size > fanOut else {
            parent.children.remove(at: left + 1)
            parent.separators.remove(at: left)
            return
        }
        let split = joined.isLeaf ? splitLeaf(joined) : splitInner(joined)
        parent.children[left + 1] = split.node
        parent.separators[left] = split.first
    }
}
