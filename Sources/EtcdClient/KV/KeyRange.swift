//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The keys that an operation is about: one of them, or all from one up to another.
///
/// Keys are ordered by their bytes.
public struct KeyRange: Sendable, Hashable {
    /// The first key.
    public let start: [UInt8]
    /// The first key that is no longer meant. Empty: just ``start``. One zero byte: no end.
    public let end: [UInt8]

    /// Just these bytes, with what etcd takes them for: for ranges that are etcd's already.
    init(start: [UInt8], end: [UInt8]) {
        self.start = start
        self.end = end
    }

    /// One key.
    public static func key(_ key: [UInt8]) -> KeyRange { KeyRange(start: key, end: []) }
    /// One key.
    public static func key(_ key: String) -> KeyRange { .key(Array(key.utf8)) }

    /// Every key that begins with these bytes; every key there is when there are none.
    public static func prefix(_ prefix: [UInt8]) -> KeyRange {
        prefix.isEmpty ? .all : KeyRange(start: prefix, end: endOfPrefix(prefix))
    }
    /// Every key that begins with this text; every key there is when it's empty.
    public static func prefix(_ prefix: String) -> KeyRange { .prefix(Array(prefix.utf8)) }

    /// The keys from `start` up to, but without, `end`. There are none when `end` isn't above `start`: none is then found or deleted, a
    /// comparison is as of a key that isn't there, and a watch is refused.
    ///
    /// An empty `end` is below all keys, and so is one zero byte, as no key is empty; what etcd takes them for is ``key(_:)-([UInt8])`` and
    /// ``from(_:)-([UInt8])``.
    public static func range(from start: [UInt8], to end: [UInt8]) -> KeyRange {
        // On the wire these two have a meaning of their own.
        guard end.isEmpty || end == [0] else { return KeyRange(start: start, end: end) }
        let nothing = start.isEmpty || start == [0] ? [0, 0] : start
        return KeyRange(start: nothing, end: nothing)
    }
    /// The keys from `start` up to, but without, `end`: see ``range(from:to:)-([UInt8],_)``.
    public static func range(from start: String, to end: String) -> KeyRange { .range(from: Array(start.utf8), to: Array(end.utf8)) }

    /// This key and all above it.
    public static func from(_ start: [UInt8]) -> KeyRange { KeyRange(start: start.isEmpty ? [0] : start, end: [0]) }
    /// This key and all above it.
    public static func from(_ start: String) -> KeyRange { .from(Array(start.utf8)) }

    /// Every key there is.
    public static var all: KeyRange { KeyRange(start: [0], end: [0]) }

    /// What of this range is above a key: what is left after a page that ended with it.
    public func after(_ key: [UInt8]) -> KeyRange {
        let next = key + [0]
        guard start.lexicographicallyPrecedes(next) else { return self }
        return isSingleKey ? .range(from: next, to: next) : KeyRange(start: next, end: end)
    }

    /// Whether this is about one key only.
    public var isSingleKey: Bool { end.isEmpty }

    /// The first key that doesn't begin with `prefix` but is above all that do; one zero byte, etcd's "no end", when there's no such key, as for
    /// prefixes that are empty or all 255. ``range(from:to:)-([UInt8],_)`` doesn't take that for "no end": use ``prefix(_:)-([UInt8])`` and
    /// ``after(_:)``.
    public static func endOfPrefix(_ prefix: [UInt8]) -> [UInt8] {
        guard let last = prefix.lastIndex(where: { $0 < 0xff }) else { return [0] }
        var end = Array(prefix[...last])
        end[last] += 1
        return end
    }
}

extension KeyRange: CustomStringConvertible {
    /// The first key and the end, for a person.
    public var description: String {
        let first = KeyRange.text(start)
        if end.isEmpty { return first }
        return end == [0] ? "\(first)…" : "\(first)..<\(KeyRange.text(end))"
    }

    // Keys of others end up in messages: quoted, and bounded.
    static func text(_ key: [UInt8]) -> String {
        let shown = String(decoding: key.prefix(256), as: UTF8.self)
        return "\"\(shown.map { $0.isASCII && ($0.asciiValue ?? 0) < 0x20 ? "�" : String($0) }.joined())\(key.count > 256 ? "…" : "")\""
    }
}
