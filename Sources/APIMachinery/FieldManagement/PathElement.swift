//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// One step on the way from an object to a field of it.
///
/// Source of the rule: upstream structured-merge-diff fieldpath.PathElement, and its serialization in meta/v1 FieldsV1.
public enum PathElement: Sendable {
    /// A member of an object or a map.
    case field(String)
    /// The element of a list whose members have these values; at least one, sorted by name.
    case key([JSONObject.Member])
    /// The element of a set that has this value.
    case value(JSONValue)
    /// The element at this place of a list.
    case index(Int)
}

extension PathElement: ExpressibleByStringLiteral {
    /// A member of an object or a map.
    public init(stringLiteral value: String) { self = .field(value) }
}

extension PathElement: Comparable {
    /// Fields by name, keys, values, then places.
    func order(to other: PathElement) -> Order {
        switch (self, other) {
        case (.field(let left), .field(let right)): Order(bytesOf: left, right)
        case (.key(let left), .key(let right)):
            Order(left, right) { left, right in
                let names = Order(bytesOf: left.key, right.key)
                return names == .same ? left.value.order(to: right.value) : names
            }
        case (.value(let left), .value(let right)): left.order(to: right)
        case (.index(let left), .index(let right)): Order(left, right)
        default: Order(rank, other.rank)
        }
    }

    private var rank: Int {
        switch self {
        case .field: 0
        case .key: 1
        case .value: 2
        case .index: 3
        }
    }

    /// The same step. Numbers are compared by size: 80 and 80.0 are the same key.
    public static func == (lhs: PathElement, rhs: PathElement) -> Bool { lhs.order(to: rhs) == .same }
    /// The order in which sets are written.
    public static func < (lhs: PathElement, rhs: PathElement) -> Bool { lhs.order(to: rhs) == .before }
}

extension PathElement: CustomStringConvertible {
    /// As it is written in FieldsV1: `f:spec`, `k:{"name":"web"}`, `v:"a"` or `i:0`.
    public var description: String {
        switch self {
        case .field(let name): "f:" + name
        case .key(let members): "k:" + Self.text(.object(JSONObject(members)))
        case .value(let value): "v:" + Self.text(value)
        case .index(let index): "i:\(index)"
        }
    }

    /// Reads what ``description`` writes.
    /// - Returns: nil for a sort of element that isn't known: upstream leaves those out, as later versions may have more of them.
    /// - Throws: ``ManagedFieldsError`` naming the text.
    init?(parsing text: String) throws(ManagedFieldsError) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 2, bytes[1] == UInt8(ascii: ":") else {
            throw ManagedFieldsError("\(text.goQuoted) is not a field: it must begin with \"f:\", \"k:\", \"v:\" or \"i:\"")
        }
        switch bytes[0] {
        case UInt8(ascii: "f"): self = .field(String(decoding: bytes[2...], as: UTF8.self))
        case UInt8(ascii: "v"): self = .value(try Self.json(Array(bytes[2...]), of: text))
        case UInt8(ascii: "i"):
            guard let index = Int(text.dropFirst(2)) else { throw ManagedFieldsError("\(text.goQuoted) names no place in a list") }
            self = .index(index)
        case UInt8(ascii: "k"):
            guard case .object(let object) = try Self.json(Array(bytes[2...]), of: text) else {
                throw ManagedFieldsError("the key of \(text.goQuoted) must be a JSON object")
            }
            self = .key(object.sortedMembers)
        default: return nil
        }
    }

    private static func text(_ value: JSONValue) -> String { String(decoding: value.serialized(), as: UTF8.self) }

    private static func json(_ bytes: [UInt8], of text: String) throws(ManagedFieldsError) -> JSONValue {
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw ManagedFieldsError("\(text.goQuoted) must have JSON behind its colon: \(error)")
        }
    }
}
