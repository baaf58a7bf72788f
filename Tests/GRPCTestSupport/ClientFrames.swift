//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What a client sends, frame by frame.
package struct ClientFrames: Sendable {
    package struct Frame: Sendable {
        package var type: UInt8
        package var flags: UInt8
        package var stream: UInt32
        package var payload: [UInt8]
        package var endsStream: Bool { (type == 0 || type == 1) && flags & Frames.endStream != 0 }
    }

    private var bytes: [UInt8] = []
    private var hasPreface = false
    /// Whether it didn't begin as HTTP/2 does.
    package private(set) var isBroken = false

    package init() {}

    /// Takes bytes as they come, and gives the frames that are complete.
    package mutating func receive(_ more: some Sequence<UInt8>) -> [Frame] {
        bytes += more
        var start = 0
        if !hasPreface {
            let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
            guard bytes.count >= preface.count else { return [] }
            hasPreface = true
            isBroken = !bytes.starts(with: preface)
            start = preface.count
        }
        var frames: [Frame] = []
        while bytes.count - start >= 9 {
            let length = Int(bytes[start]) << 16 | Int(bytes[start + 1]) << 8 | Int(bytes[start + 2])
            guard bytes.count - start - 9 >= length else { break }
            let stream = bytes[(start + 5)..<(start + 9)].reduce(0) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
            frames.append(
                Frame(
                    type: bytes[start + 3], flags: bytes[start + 4], stream: stream, payload: Array(bytes[(start + 9)..<(start + 9 + length)])))
            start += 9 + length
        }
        bytes.removeFirst(start)
        return frames
    }
}
