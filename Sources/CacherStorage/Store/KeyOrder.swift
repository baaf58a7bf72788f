//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The order of keys: that of their UTF-8 bytes, which is etcd's. Swift's own order of strings is another one (canonical equivalence).
enum KeyOrder {
    static func precedes(_ left: String, _ right: String) -> Bool {
        withBytes(of: left) { left in withBytes(of: right) { right in compare(left, right) < 0 } }
    }

    /// Calls the body with the bytes of a string, without a copy where the string is native.
    static func withBytes<T>(of text: String, _ body: (UnsafeRawBufferPointer) -> T) -> T {
        if let result = text.utf8.withContiguousStorageIfAvailable({ body(UnsafeRawBufferPointer($0)) }) { return result }
        return Array(text.utf8).withUnsafeBytes(body)
    }

    /// Negative, zero or positive, as the left bytes come before, are equal to or come after the right ones.
    static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        let common = min(left.count, right.count)
        var offset = 0
        // Keys of one resource share long prefixes, so eight bytes at a time pay off.
        while offset &+ 8 <= common {
            let a = left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let b = right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if a != b { return a.bigEndian < b.bigEndian ? -1 : 1 }
            offset &+= 8
        }
        while offset < common {
            if left[offset] != right[offset] { return left[offset] < right[offset] ? -1 : 1 }
            offset &+= 1
        }
        return left.count &- right.count
    }
}

/// The keys from one (included) to another (excluded), in byte order.
struct KeyInterval: Sendable, Hashable {
    var lower: String
    let upper: String

    /// All keys that start with a prefix that ends in a slash. "0" is the byte after "/".
    init(below prefix: String) {
        precondition(prefix.utf8.last == UInt8(ascii: "/"), "a prefix must end at a path boundary")
        lower = prefix
        upper = String(prefix.dropLast()) + "0"
    }

    /// One key alone.
    init(only key: String) {
        lower = key
        upper = key + "\0"
    }
}
