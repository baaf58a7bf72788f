//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Where one thing stands in relation to another.
enum Order {
    case before, same, after

    /// By a type's own order.
    init<T: Comparable>(_ lhs: T, _ rhs: T) {
        self = lhs < rhs ? .before : rhs < lhs ? .after : .same
    }

    /// By the bytes of the texts: Swift's own order would take different spellings of an accent for the same.
    init(bytesOf lhs: String, _ rhs: String) {
        var left = lhs.utf8.makeIterator()
        var right = rhs.utf8.makeIterator()
        while true {
            switch (left.next(), right.next()) {
            case (nil, nil): self = .same
            case (nil, _?): self = .before
            case (_?, nil): self = .after
            case (let one?, let other?) where one == other: continue
            case (let one?, let other?): self = one < other ? .before : .after
            }
            return
        }
    }

    /// Element by element; what ends first comes first.
    init<T>(_ lhs: [T], _ rhs: [T], by order: (T, T) -> Order) {
        for (left, right) in zip(lhs, rhs) {
            let found = order(left, right)
            if found != .same {
                self = found
                return
            }
        }
        self = Order(lhs.count, rhs.count)
    }
}

extension JSONValue {
    /// The order of values among field paths: numbers by size, whatever their form, then texts, truth values, lists, objects and null.
    ///
    /// Source of the rule: upstream structured-merge-diff value.Compare.
    func order(to other: JSONValue) -> Order {
        switch (self, other) {
        case (.integer(let left), .integer(let right)): Order(left, right)
        case (.double(let left), .double(let right)): Order(left, right)
        case (.integer(let left), .double(let right)): Order(Double(left), right)
        case (.double(let left), .integer(let right)): Order(left, Double(right))
        case (.string(let left), .string(let right)): Order(bytesOf: left, right)
        case (.bool(let left), .bool(let right)): Order(left ? 1 : 0, right ? 1 : 0)
        case (.array(let left), .array(let right)): Order(left, right) { $0.order(to: $1) }
        case (.object(let left), .object(let right)):
            Order(left.sortedMembers, right.sortedMembers) { left, right in
                let keys = Order(bytesOf: left.key, right.key)
                return keys == .same ? left.value.order(to: right.value) : keys
            }
        default: Order(rank, other.rank)
        }
    }

    private var rank: Int {
        switch self {
        case .integer, .double: 0
        case .string: 1
        case .bool: 2
        case .array: 3
        case .object: 4
        case .null: 5
        }
    }
}

extension JSONObject {
    /// The members by the bytes of their names. Costs one scan when they are in that order already, as stored maps are.
    var sortedMembers: [Member] {
        let members = members
        let isSorted = zip(members, members.dropFirst()).allSatisfy { Order(bytesOf: $0.key, $1.key) == .before }
        return isSorted ? members : members.sorted { Order(bytesOf: $0.key, $1.key) == .before }
    }
}
