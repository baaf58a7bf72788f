//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A set of fields of an object: what somebody manages, or what a change is about.
///
/// That a field is in the set says nothing about those above or below it. The operations cost one walk over both trees and keep them sorted.
///
/// Source of the rule: upstream structured-merge-diff fieldpath.Set.
public struct FieldSet: Sendable, Equatable {
    /// A field that is in the set, or has such fields below it. Nodes without either don't exist.
    struct Node: Sendable, Equatable {
        var element: PathElement
        var isMember: Bool
        var below: FieldSet
    }

    /// Sorted by element, each once.
    private(set) var nodes: [Node]

    /// No fields.
    public init() {
        nodes = []
    }

    /// The fields at these paths. An empty path is no field: nobody manages an object as such.
    public init(_ paths: [PathElement]...) {
        self.init(paths: paths)
    }

    /// The fields at these paths.
    public init(paths: some Sequence<[PathElement]>) {
        nodes = []
        for path in paths { insert(path) }
    }

    /// True without fields.
    public var isEmpty: Bool { nodes.isEmpty }

    /// Whether a field is in the set.
    public func contains(_ path: [PathElement]) -> Bool {
        var set = self
        for (depth, element) in path.enumerated() {
            let (index, isFound) = set.place(of: element)
            guard isFound else { return false }
            if depth == path.count - 1 { return set.nodes[index].isMember }
            set = set.nodes[index].below
        }
        return false
    }

    /// Adds a field.
    public mutating func insert(_ path: [PathElement]) {
        insert(path[...])
    }

    private mutating func insert(_ path: ArraySlice<PathElement>) {
        guard let element = path.first else { return }
        let (index, isFound) = place(of: element)
        if !isFound { nodes.insert(Node(element: element, isMember: false, below: FieldSet()), at: index) }
        if path.count == 1 { nodes[index].isMember = true } else { nodes[index].below.insert(path.dropFirst()) }
    }

    /// Adds a node, or joins it with the one of the same element. Cheap for one that comes last.
    mutating func add(_ node: Node) {
        if nodes.last.map({ $0.element < node.element }) ?? true {
            nodes.append(node)
            return
        }
        let (index, isFound) = place(of: node.element)
        if isFound {
            nodes[index].isMember = nodes[index].isMember || node.isMember
            nodes[index].below = nodes[index].below.union(node.below)
        } else {
            nodes.insert(node, at: index)
        }
    }

    /// The same tree with other nodes in the places of some.
    func mapNodes(_ change: (Node) -> Node) -> FieldSet {
        var result = FieldSet()
        result.nodes = nodes.map(change)
        return result
    }

    private func place(of element: PathElement) -> (index: Int, isFound: Bool) {
        var low = 0
        var high = nodes.count
        while low < high {
            let middle = (low + high) / 2
            switch nodes[middle].element.order(to: element) {
            case .before: low = middle + 1
            case .same: return (middle, true)
            case .after: high = middle
            }
        }
        return (low, false)
    }
}

extension FieldSet {
    /// The fields that are in either.
    public func union(_ other: FieldSet) -> FieldSet {
        merged(with: other, onlyHere: true, onlyThere: true) { here, there in
            Node(element: here.element, isMember: here.isMember || there.isMember, below: here.below.union(there.below))
        }
    }

    /// The fields that are in both.
    public func intersection(_ other: FieldSet) -> FieldSet {
        merged(with: other, onlyHere: false, onlyThere: false) { here, there in
            Node(element: here.element, isMember: here.isMember && there.isMember, below: here.below.intersection(there.below))
        }
    }

    /// The fields that aren't in the other; whether those above or below them are doesn't matter.
    public func subtracting(_ other: FieldSet) -> FieldSet {
        merged(with: other, onlyHere: true, onlyThere: false) { here, there in
            Node(element: here.element, isMember: here.isMember && !there.isMember, below: here.below.subtracting(there.below))
        }
    }

    /// The fields that aren't in the other, nor below one that is.
    public func subtractingTrees(_ other: FieldSet) -> FieldSet {
        merged(with: other, onlyHere: true, onlyThere: false) { here, there in
            there.isMember ? nil : Node(element: here.element, isMember: here.isMember, below: here.below.subtractingTrees(there.below))
        }
    }

    private func merged(
        with other: FieldSet, onlyHere: Bool, onlyThere: Bool, both: (_ here: Node, _ there: Node) -> Node?
    ) -> FieldSet {
        var result = FieldSet()
        var here = nodes[...]
        var there = other.nodes[...]
        while let left = here.first, let right = there.first {
            switch left.element.order(to: right.element) {
            case .before:
                if onlyHere { result.nodes.append(left) }
                here.removeFirst()
            case .after:
                if onlyThere { result.nodes.append(right) }
                there.removeFirst()
            case .same:
                if let node = both(left, right), node.isMember || !node.below.isEmpty { result.nodes.append(node) }
                here.removeFirst()
                there.removeFirst()
            }
        }
        if onlyHere { result.nodes += here }
        if onlyThere { result.nodes += there }
        return result
    }
}
