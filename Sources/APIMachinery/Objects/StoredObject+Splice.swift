//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension StoredObject {
    /// Appends the object as it leaves the server: the stored bytes without their trailing line feed, with `metadata.resourceVersion` spliced in.
    ///
    /// The member goes after `uid`, or before it when `uid` is the last member (the layout with sorted keys); without a `uid` it becomes the last
    /// member. An object without metadata gets one. Nothing is parsed: one scan up to the place, then copies. Bytes that the scan can't follow, and
    /// objects without a version, are written as they are.
    public func write(into buffer: inout [UInt8]) {
        guard !resourceVersion.isZero else {
            buffer.append(contentsOf: bytes.last == 0x0A ? bytes.dropLast() : bytes[...])
            return
        }
        bytes.withUnsafeBufferPointer { source in
            guard let place = SplicePlace(in: source) else {
                buffer.append(contentsOf: source)
                return
            }
            let end = source.last == 0x0A ? source.count - 1 : source.count
            buffer.reserveRoom(for: source.count + 64)
            buffer.append(contentsOf: source[..<place.range.lowerBound])
            buffer.append(literal: place.prefix)
            buffer.append(contentsOf: resourceVersion.description.utf8)
            buffer.append(literal: place.suffix)
            buffer.append(contentsOf: source[place.range.upperBound..<end])
        }
    }

    /// The object as it leaves the server; see ``write(into:)``.
    public func serialized() -> [UInt8] {
        var buffer: [UInt8] = []
        buffer.reserveCapacity(bytes.count + 64)
        write(into: &buffer)
        return buffer
    }
}

extension [UInt8] {
    /// Makes room without giving up geometric growth, which `reserveCapacity` alone would on every call.
    fileprivate mutating func reserveRoom(for count: Int) {
        if capacity - self.count < count { reserveCapacity(Swift.max(self.count + count, capacity * 2)) }
    }
}

/// Where a resource version goes into an object's text, and what goes around it.
private struct SplicePlace {
    /// What is replaced; empty for an insertion.
    var range: Range<Int>
    var prefix: StaticString
    var suffix: StaticString

    init?(in source: UnsafeBufferPointer<UInt8>) {
        guard var cursor = JSONCursor(source) else { return nil }
        do throws(JSONError) {
            guard let place = try SplicePlace.find(&cursor) else { return nil }
            self = place
        } catch {
            // Whoever reads the bytes will be told what is wrong with them; here there is just no place.
            return nil
        }
    }

    private init(_ range: Range<Int>, _ prefix: StaticString, _ suffix: StaticString) {
        self.range = range
        self.prefix = prefix
        self.suffix = suffix
    }

    private static func find(_ cursor: inout JSONCursor) throws(JSONError) -> SplicePlace? {
        cursor.skipSpace()
        guard cursor.current == UInt8(ascii: "{") else { return nil }
        var members = JSONMemberWalk()
        var isEmpty = true
        while let key = try members.next(&cursor) {
            isEmpty = false
            if cursor.matches(key, "metadata") {
                return cursor.current == UInt8(ascii: "{") ? try findInMetadata(&cursor) : nil
            }
            try cursor.skipValue()
        }
        // Only now is it known that the text ends here as it should.
        let brace = cursor.position - 1
        cursor.skipSpace()
        guard cursor.position == cursor.end else { return nil }
        return SplicePlace(
            brace..<brace, isEmpty ? "\"metadata\":{\"resourceVersion\":\"" : ",\"metadata\":{\"resourceVersion\":\"", "\"}")
    }

    private static func findInMetadata(_ cursor: inout JSONCursor) throws(JSONError) -> SplicePlace? {
        var members = JSONMemberWalk()
        var isEmpty = true
        while let key = try members.next(&cursor) {
            isEmpty = false
            if cursor.matches(key, "resourceVersion") { return try replacement(&cursor) }
            let isUID = cursor.matches(key, "uid")
            try cursor.skipValue()
            guard isUID else { continue }
            let end = cursor.position
            guard let next = try members.next(&cursor) else {
                let quote = key.start - 1
                return SplicePlace(quote..<quote, "\"resourceVersion\":\"", "\",")
            }
            if cursor.matches(next, "resourceVersion") { return try replacement(&cursor) }
            return SplicePlace(end..<end, ",\"resourceVersion\":\"", "\"")
        }
        let brace = cursor.position - 1
        return SplicePlace(brace..<brace, isEmpty ? "\"resourceVersion\":\"" : ",\"resourceVersion\":\"", "\"")
    }

    /// The value at the cursor, which a stored object shouldn't have, is replaced.
    private static func replacement(_ cursor: inout JSONCursor) throws(JSONError) -> SplicePlace {
        let start = cursor.position
        try cursor.skipValue()
        return SplicePlace(start..<cursor.position, "\"", "\"")
    }
}
