//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

@testable import EtcdClient

/// The client's reader of messages against protobuf-c: both take or refuse the bytes, and make the same of them. The first byte names the message.
@_cdecl("LLVMFuzzerTestOneInput")
public func compareReadings(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: bytes, count: count)
    guard let kind = input.first, Int(kind) < WireComparison.all.count else { return 0 }
    let comparison = WireComparison.all[Int(kind)]
    let message = Array(input.dropFirst())
    guard let difference = comparison.difference(message) else { return 0 }
    // The pieces of a message that comes more than once are merged, as protobuf has it. protobuf-c forgets numbers of the first.
    if message.withUnsafeBytes({ comesInPieces(ProtobufReader($0), isTop: true, depth: 8) }) { return 0 }
    fatalError("\(comparison.name): \(difference)")
}

/// Whether a field that holds a message comes twice. At the top only the header can be meant: the other messages there are elements of lists.
private func comesInPieces(_ reader: ProtobufReader, isTop: Bool, depth: Int) -> Bool {
    var reader = reader
    var seen: Set<UInt32> = []
    do throws(MalformedMessage) {
        while let tag = try reader.tag() {
            guard tag.type == .lengthDelimited else {
                try reader.skip(tag)
                continue
            }
            let inner = try reader.message(tag)
            if !seen.insert(tag.field).inserted, !isTop || tag.field == 1 { return true }
            if depth > 0, comesInPieces(inner, isTop: false, depth: depth - 1) { return true }
        }
    } catch {
        // What isn't a message has no pieces.
        return false
    }
    return false
}
