//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

@testable import EtcdClient

/// The client's reader of messages against protobuf-c: both take or refuse the bytes, and make the same of them. The first byte names the message.
/// Against itself too: bytes that come by parts, cut where the first of them say, are the same message.
@_cdecl("LLVMFuzzerTestOneInput")
public func compareReadings(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: bytes, count: count)
    guard let kind = input.first, Int(kind) < WireComparison.all.count else { return 0 }
    let comparison = WireComparison.all[Int(kind)]
    let message = Array(input.dropFirst())
    if let difference = comparison.differenceInParts(message, cuts(of: message)) { fatalError("\(comparison.name) by parts: \(difference)") }
    guard let difference = comparison.difference(message) else { return 0 }
    // The pieces of a message that comes more than once are merged, as protobuf has it. protobuf-c forgets numbers of the first.
    if message.withUnsafeBytes({ comesInPieces(ProtobufReader($0), lists: lists(of: comparison.name), depth: 8) }) { return 0 }
    fatalError("\(comparison.name): \(difference)")
}

/// Where a message is cut into parts, whose lengths its own first bytes are.
private func cuts(of message: [UInt8]) -> [Int] {
    var cuts: [Int] = []
    var next = 0
    for length in message {
        next += Int(length % 61) + 1
        guard next <= message.count else { break }
        cuts.append(next)
    }
    return cuts
}

/// The fields of a message whose elements are messages: those may come more than once.
private func lists(of message: String) -> Set<UInt32> {
    switch message {
    case "RangeResponse": [2]
    case "DeleteRangeResponse", "TxnResponse": [3]
    case "WatchResponse": [11]
    default: []
    }
}

/// Whether a field that holds a message comes twice. Those inside have no lists that count: what is passed over for one too many is little.
private func comesInPieces(_ reader: ProtobufReader, lists: Set<UInt32>, depth: Int) -> Bool {
    var reader = reader
    var seen: Set<UInt32> = []
    do throws(MalformedMessage) {
        while let tag = try reader.tag() {
            guard tag.type == .lengthDelimited else {
                try reader.skip(tag)
                continue
            }
            let inner = try reader.message(tag)
            if !seen.insert(tag.field).inserted, !lists.contains(tag.field) { return true }
            if depth > 0, comesInPieces(inner, lists: [], depth: depth - 1) { return true }
        }
    } catch {
        // What isn't a message has no pieces.
        return false
    }
    return false
}
