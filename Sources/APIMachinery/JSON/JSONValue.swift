//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A JSON value that keeps the order of object members.
///
/// This is the third of an object's three views (bytes, metadata, value): a tree that only strategies, validation and patches ask for.
/// Integers that fit 64 bits stay integers; every other number is a double, as upstream's codecs hold them.
public enum JSONValue: Sendable, Hashable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number without fraction or exponent that fits 64 bits.
    case integer(Int64)
    /// Any other finite number.
    case double(Double)
    /// Text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// Members in order.
    case object(JSONObject)
}

/// The members of a JSON object, in order, each key once.
///
/// Equality and hashing ignore the order, as JSON does. Look-ups are linear: Kubernetes objects have few members a level, and a
/// scan over a few dozen keys beats hashing them; labels and data maps with hundreds of keys pay for it.
public struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral, Sequence {
    /// One member.
    public struct Member: Sendable, Hashable {
        /// The name.
        public var key: String
        /// What it holds.
        public var value: JSONValue

        /// A member.
        public init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// The members in order. Keys are unique: whoever writes here keeps it so.
    public private(set) var members: [Member]

    /// No members.
    public init() {
        members = []
    }

    /// Members in order; the last of equal keys wins, in the first one's place.
    public init(_ members: some Sequence<Member>) {
        self.members = []
        for member in members { self[member.key] = member.value }
    }

    /// Members whose keys the caller knows to be unique. Costs nothing.
    package init(uniqueMembers members: [Member]) {
        self.members = members
    }

    /// Members in order; of equal keys the last one wins, in the first one's place.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements.map { Member(key: $0.0, value: $0.1) })
    }

    /// The value of a member; nil when absent. Assigning nil removes it; assigning a new one appends it.
    public subscript(key: String) -> JSONValue? {
        get {
            for member in members where member.key.hasSameBytes(as: key) { return member.value }
            return nil
        }
        set {
            if let index = members.firstIndex(where: { $0.key.hasSameBytes(as: key) }) {
                if let newValue { members[index].value = newValue } else { members.remove(at: index) }
            } else if let newValue {
                members.append(Member(key: key, value: newValue))
            }
        }
    }

    /// Puts a new member at a place. The key must not be there yet.
    package mutating func insert(_ member: Member, at index: Int) {
        members.insert(member, at: index)
    }

    /// True without members.
    public var isEmpty: Bool { members.isEmpty }
    /// How many members there are.
    public var count: Int { members.count }
    /// The names in order.
    public var keys: [String] { members.map(\.key) }

    /// Goes over the members in order.
    public func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }

    /// Equal members, in whatever order.
    public static func == (lhs: JSONObject, rhs: JSONObject) -> Bool {
        guard lhs.count == rhs.count else { return false }
        if lhs.members == rhs.members { return true }
        return lhs.members.allSatisfy { rhs[$0.key] == $0.value }
    }

    /// Doesn't depend on the order of the members.
    public func hash(into hasher: inout Hasher) {
        // Order must not matter, so the members' hashes are combined by a commutative sum.
        var sum = 0
        for member in members {
            var inner = Hasher()
            inner.combine(member)
            sum = sum &+ inner.finalize()
        }
        hasher.combine(sum)
    }
}

extension JSONValue {
    /// The member of an object; nil for an absent member and for anything that isn't an object. Assigning to something that isn't an
    /// object makes it one.
    public subscript(key: String) -> JSONValue? {
        get {
            guard case .object(let object) = self else { return nil }
            return object[key]
        }
        set {
            var object = self.objectValue ?? JSONObject()
            object[key] = newValue
            self = .object(object)
        }
    }

    /// The members, when this is an object.
    public var objectValue: JSONObject? { if case .object(let object) = self { object } else { nil } }
    /// The elements, when this is an array.
    public var arrayValue: [JSONValue]? { if case .array(let array) = self { array } else { nil } }
    /// The text, when this is a string.
    public var stringValue: String? { if case .string(let string) = self { string } else { nil } }
    /// The number, when this is an integer.
    public var integerValue: Int64? { if case .integer(let integer) = self { integer } else { nil } }
    /// The truth value, when this is one.
    public var boolValue: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    /// True for `null`.
    public var isNull: Bool { if case .null = self { true } else { false } }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// Text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// `null`. Mind that a nil where a `JSONValue?` is expected means "nothing" instead.
    public init(nilLiteral: ()) { self = .null }
    /// A double.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// A list.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object with its members in order.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements.map { JSONObject.Member(key: $0.0, value: $0.1) }))
    }
}
