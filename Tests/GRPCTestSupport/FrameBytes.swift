//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A frame written by hand, for what no library would send.
package func frame(type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
    let length = payload.count
    return [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags] + bigEndian(stream) + payload
}

/// A message's prefix.
package func prefix(length: UInt32, compressed: UInt8 = 0) -> [UInt8] { [compressed] + bigEndian(length) }

/// A framed message.
package func framed(_ message: [UInt8]) -> [UInt8] { prefix(length: UInt32(message.count)) + message }

func bigEndian(_ number: UInt32) -> [UInt8] { [UInt8(number >> 24), UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)] }

/// HTTP/2's frames and HPACK's fields, as a server writes them that has no table.
package enum Frames {
    package static let endStream: UInt8 = 1
    package static let endHeaders: UInt8 = 4
    package static let padded: UInt8 = 8

    /// A header block, in as many frames as it needs.
    package static func headers(_ stream: UInt32, _ block: [UInt8], end: Bool = false) -> [UInt8] {
        let first = block.prefix(16384)
        var rest = block.dropFirst(16384)
        var bytes = frame(type: 1, flags: (end ? endStream : 0) | (rest.isEmpty ? endHeaders : 0), stream: stream, Array(first))
        while !rest.isEmpty {
            let part = rest.prefix(16384)
            rest = rest.dropFirst(16384)
            bytes += frame(type: 9, flags: rest.isEmpty ? endHeaders : 0, stream: stream, Array(part))
        }
        return bytes
    }

    package static func data(_ stream: UInt32, _ bytes: [UInt8], end: Bool = false) -> [UInt8] {
        frame(type: 0, flags: end ? endStream : 0, stream: stream, bytes)
    }

    package static func reset(_ stream: UInt32, _ code: UInt32) -> [UInt8] { frame(type: 3, stream: stream, bigEndian(code)) }

    package static func settings(_ entries: [(id: UInt16, value: UInt32)] = []) -> [UInt8] {
        frame(type: 4, entries.flatMap { [UInt8($0.id >> 8), UInt8($0.id & 255)] + bigEndian($0.value) })
    }

    package static let settingsAcknowledgement = frame(type: 4, flags: 1)

    package static func ping(_ payload: [UInt8] = [UInt8](repeating: 0, count: 8), acknowledges: Bool = false) -> [UInt8] {
        frame(type: 6, flags: acknowledges ? 1 : 0, payload)
    }

    package static func goAway(_ last: UInt32, _ code: UInt32 = 0, _ text: String = "") -> [UInt8] {
        frame(type: 7, bigEndian(last) + bigEndian(code) + Array(text.utf8))
    }

    package static func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> [UInt8] { frame(type: 8, stream: stream, bigEndian(increment)) }

    /// A field that enters no table.
    package static func field(_ name: String, _ value: [UInt8]) -> [UInt8] {
        [0] + integer(name.utf8.count, bits: 7) + Array(name.utf8) + integer(value.count, bits: 7) + value
    }

    package static func field(_ name: String, _ value: String) -> [UInt8] { field(name, Array(value.utf8)) }

    /// HPACK's integer, with `first` in the bits before it.
    package static func integer(_ number: Int, bits: Int, first: UInt8 = 0) -> [UInt8] {
        let limit = (1 << bits) - 1
        if number < limit { return [first | UInt8(number)] }
        var (bytes, rest) = ([first | UInt8(limit)], number - limit)
        while rest >= 128 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    /// `:status: 200` and gRPC's content type.
    package static let okBlock: [UInt8] = [0x88] + field("content-type", "application/grpc")

    package static func trailers(_ stream: UInt32, status: String = "0") -> [UInt8] {
        headers(stream, field("grpc-status", status), end: true)
    }

    /// All that answers a unary call.
    package static func answer(_ stream: UInt32, _ message: [UInt8]) -> [UInt8] {
        headers(stream, okBlock) + data(stream, framed(message)) + trailers(stream)
    }
}
