//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Reads JSON texts: strictly by RFC 8259, with UTF-8 checked and nesting bounded.
///
/// A member that appears twice keeps its first place and takes its last value, and is reported, so that a caller can warn or refuse
/// (`fieldValidation`). Lone halves of surrogate pairs in `\u` escapes become U+FFFD, as Go reads them. Costs about one pass over the bytes.
public struct JSONParser: Sendable {
    /// A parsed text.
    public struct Result: Sendable {
        /// The tree.
        public var value: JSONValue
        /// The paths of members that appeared more than once, such as `spec.containers[0].name`: each once, in the order in which their
        /// objects ended, at most 100 of them.
        public var duplicateFields: [String]
    }

    /// How deep a text may nest unless said otherwise.
    public static let defaultMaximumDepth = 512
    static let highestMaximumDepth = 1024

    /// Parses a whole text; white space around the value is ignored. Contiguous collections (`[UInt8]`, slices, buffers) aren't copied.
    /// - Parameter maximumDepth: how deep arrays and objects may nest; never taken for more than 1024, for which every
    ///   thread has the stack.
    /// - Throws: ``JSONError`` naming what was found, and where.
    public static func parse(_ bytes: some Collection<UInt8>, maximumDepth: Int = JSONParser.defaultMaximumDepth) throws(JSONError) -> Result {
        let outcome = bytes.withContiguousStorageIfAvailable { parse(buffer: $0, maximumDepth: maximumDepth) }
        if let outcome { return try outcome.get() }
        return try Array(bytes).withUnsafeBufferPointer { parse(buffer: $0, maximumDepth: maximumDepth) }.get()
    }

    private static func parse(buffer: UnsafeBufferPointer<UInt8>, maximumDepth: Int) -> Swift.Result<Result, JSONError> {
        guard let cursor = JSONCursor(buffer) else { return .failure(JSONError(message: "unexpected end of JSON input", offset: 0)) }
        var builder = JSONTreeBuilder(cursor: cursor, maximumDepth: min(maximumDepth, highestMaximumDepth))
        do throws(JSONError) {
            let value = try builder.document()
            return .success(Result(value: value, duplicateFields: builder.duplicates))
        } catch {
            return .failure(error)
        }
    }
}

extension JSONValue {
    /// Parses a text, for callers who don't care about duplicate members (the last one wins).
    /// - Throws: ``JSONError`` naming what was found, and where.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        self = try JSONParser.parse(bytes).value
    }
}

/// Builds the tree by recursive descent.
struct JSONTreeBuilder {
    var cursor: JSONCursor
    let maximumDepth: Int
    private(set) var duplicates: [String] = []
    private var depth = 0

    /// Past these many reported duplicates the rest add nothing but size to an answer.
    private static let maximumDuplicates = 100
    /// From so many members on, looking for a duplicate goes through a set.
    private static let linearSearchLimit = 16

    init(cursor: JSONCursor, maximumDepth: Int) {
        self.cursor = cursor
        self.maximumDepth = maximumDepth
    }

    mutating func document() throws(JSONError) -> JSONValue {
        cursor.skipSpace()
        let value = try value()
        cursor.skipSpace()
        guard cursor.position == cursor.end else { throw cursor.unexpected("after top-level value") }
        return value
    }

    mutating func value() throws(JSONError) -> JSONValue {
        switch cursor.current {
        case UInt8(ascii: "\""):
            let raw = try cursor.scanString()
            return .string(cursor.string(raw))
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "t"):
            try cursor.scanLiteral("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try cursor.scanLiteral("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try cursor.scanLiteral("null")
            return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            switch try cursor.scanNumber() {
            case .integer(let integer): return .integer(integer)
            case .text(let start, let end): return .double(try cursor.double(start, end))
            }
        default: throw cursor.unexpected("looking for beginning of value")
        }
    }

    private mutating func enter() throws(JSONError) {
        guard depth < maximumDepth else { throw JSONError(message: "exceeded max depth", offset: cursor.position) }
        depth += 1
        cursor.position += 1
        cursor.skipSpace()
    }

    private mutating func array() throws(JSONError) -> JSONValue {
        try enter()
        var elements: [JSONValue] = []
        if cursor.current == UInt8(ascii: "]") {
            cursor.position += 1
            depth -= 1
            return .array(elements)
        }
        while true {
            let known = duplicates.count
            elements.append(try value())
            if duplicates.count > known { prefixDuplicates(from: known, with: "[\(elements.count - 1)]") }
            cursor.skipSpace()
            guard cursor.current == UInt8(ascii: ",") else { break }
            cursor.position += 1
            cursor.skipSpace()
        }
        guard cursor.current == UInt8(ascii: "]") else { throw cursor.unexpected("after array element") }
        cursor.position += 1
        depth -= 1
        return .array(elements)
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        try enter()
        var members: [JSONObject.Member] = []
        if cursor.current == UInt8(ascii: "}") {
            cursor.position += 1
            depth -= 1
            return .object(JSONObject())
        }
        var keys: Set<String>?
        while true {
            guard cursor.current == UInt8(ascii: "\"") else { throw cursor.unexpected("looking for beginning of object key string") }
            let raw = try cursor.scanString()
            let key = cursor.string(raw)
            cursor.skipSpace()
            guard cursor.current == UInt8(ascii: ":") else { throw cursor.unexpected("after object key") }
            cursor.position += 1
            cursor.skipSpace()
            let known = duplicates.count
            let value = try value()
            if duplicates.count > known { prefixDuplicates(from: known, with: key) }
            if let earlier = firstIndex(of: key, in: members, known: &keys) {
                members[earlier].value = value
                reportDuplicate(key)
            } else {
                members.append(JSONObject.Member(key: key, value: value))
            }
            cursor.skipSpace()
            guard cursor.current == UInt8(ascii: ",") else { break }
            cursor.position += 1
            cursor.skipSpace()
        }
        guard cursor.current == UInt8(ascii: "}") else { throw cursor.unexpected("after object key:value pair") }
        cursor.position += 1
        depth -= 1
        return .object(JSONObject(uniqueMembers: members))
    }

    /// Where a key already is. Large objects (data maps) are searched through a set of their keys, so that parsing stays linear.
    @inline(__always)
    private func firstIndex(of key: String, in members: [JSONObject.Member], known keys: inout Set<String>?) -> Int? {
        if members.count < JSONTreeBuilder.linearSearchLimit {
            for index in members.indices where members[index].key.hasSameBytes(as: key) { return index }
            return nil
        }
        return searchLarge(key, members, &keys)
    }

    @inline(never)
    private func searchLarge(_ key: String, _ members: [JSONObject.Member], _ keys: inout Set<String>?) -> Int? {
        if keys == nil { keys = Set(members.lazy.map(\.key)) }
        // The set compares by canonical equivalence, JSON by bytes: a hit still has to be looked at.
        if keys?.insert(key).inserted == true { return nil }
        return members.firstIndex { $0.key.hasSameBytes(as: key) }
    }

    @inline(never)
    private mutating func reportDuplicate(_ key: String) {
        guard duplicates.count < JSONTreeBuilder.maximumDuplicates, !duplicates.contains(key) else { return }
        duplicates.append(key)
    }

    @inline(never)
    private mutating func prefixDuplicates(from start: Int, with step: String) {
        for index in start..<duplicates.count {
            duplicates[index] = duplicates[index].hasPrefix("[") ? step + duplicates[index] : "\(step).\(duplicates[index])"
        }
    }
}

extension String {
    /// Equality of the encoded text. `==` also takes canonically equivalent texts for equal, which JSON doesn't.
    @inline(__always)
    func hasSameBytes(as other: String) -> Bool {
        self == other && (utf8.count == other.utf8.count) && utf8.elementsEqual(other.utf8)
    }

    /// The order of the encoded texts, in which upstream sorts maps.
    func precedesByBytes(_ other: String) -> Bool {
        utf8.lexicographicallyPrecedes(other.utf8)
    }
}
