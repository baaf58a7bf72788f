//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The objects of a resource in key order: a persistent B+tree.
///
/// A copy of the value is a snapshot that costs one retain; a change after that copies the nodes on its path and leaves the snapshot as it is.
/// Every node knows how many elements lie below it, so that ranges are counted without being walked.
struct ObjectTree: Sendable {
    /// The most elements of a leaf, or children of an inner node. Bigger nodes make reads cheaper and every change that follows a snapshot dearer.
    static let fanOut = 32
    static let minimumFill = fanOut / 4

    var root: Node

    /// No objects.
    init() {
        root = Node(elements: [])
    }

    /// How many objects there are.
    var count: Int { root.count }

    /// A leaf, which holds elements, or an inner node, which holds children and between each two of them the first key of the right one.
    ///
    /// `@unchecked Sendable`: a node is changed only by a tree that has just found it uniquely referenced (`isKnownUniquelyReferenced` from the
    /// root down), so no other task can hold it; a node that two trees share is never changed. The standard library's arrays rest on the same proof.
    final class Node: @unchecked Sendable {
        var elements: ContiguousArray<CachedElement>
        var children: ContiguousArray<Node>
        var separators: ContiguousArray<String>
        var count: Int

        var isLeaf: Bool { children.isEmpty }
        /// Slots in use.
        var size: Int { isLeaf ? elements.count : children.count }

        init(elements: ContiguousArray<CachedElement>) {
            self.elements = elements
            children = []
            separators = []
            count = elements.count
        }

        init(children: ContiguousArray<Node>, separators: ContiguousArray<String>) {
            elements = []
            self.children = children
            self.separators = separators
            count = children.reduce(0) { $0 + $1.count }
        }

        /// Shares the arrays; whichever of the two is changed first copies the one array that it touches.
        init(copying other: Node) {
            elements = other.elements
            children = other.children
            separators = other.separators
            count = other.count
        }

        /// The index of the first element whose key isn't before the given one.
        func elementIndex(_ key: UnsafeRawBufferPointer) -> Int {
            var low = 0
            var high = elements.count
            while low < high {
                let middle = (low &+ high) / 2
                let order = KeyOrder.withBytes(of: elements[middle].key) { KeyOrder.compare($0, key) }
                if order < 0 { low = middle &+ 1 } else { high = middle }
            }
            return low
        }

        /// The index of the child that a key belongs to.
        func childIndex(_ key: UnsafeRawBufferPointer) -> Int {
            var low = 0
            var high = separators.count
            while low < high {
                let middle = (low &+ high) / 2
                let order = KeyOrder.withBytes(of: separators[middle]) { KeyOrder.compare($0, key) }
                if order <= 0 { low = middle &+ 1 } else { high = middle }
            }
            return low
        }

        func holds(_ key: UnsafeRawBufferPointer, at index: Int) -> Bool {
            index < elements.count && KeyOrder.withBytes(of: elements[index].key) { KeyOrder.compare($0, key) } == 0
        }
    }
}
