//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

@testable import EtcdClient

/// A message that the client reads by hand, and what protobuf-c makes of the same bytes.
struct WireComparison: Sendable {
    var name: String
    /// What is wrong between the two readings; nil when they agree.
    var difference: @Sendable ([UInt8]) -> String?
    /// Whether the client's reader takes the bytes.
    var accepts: @Sendable ([UInt8]) -> Bool
    /// What is wrong between reading the bytes as a whole and reading them while they come, cut before each of these offsets, which ascend; nil when the
    /// two agree.
    var differenceInParts: @Sendable (_ bytes: [UInt8], _ cuts: [Int]) -> String?

    init<Value: WireDecodable & Equatable & Sendable>(
        _ name: String, _ type: Value.Type, reference: @escaping @Sendable ([UInt8]) -> Value?,
        comparable: @escaping @Sendable (Value) -> Value = { $0 }
    ) {
        self.name = name
        difference = { bytes in
            let ours = Self.read(type, bytes)
            // Where the client stops, protobuf-c follows as deep as the bytes lead.
            if case .failure(let error) = ours, error.reason.contains("too deep") { return nil }
            switch (ours, reference(bytes)) {
            case (.success(let ours), let theirs?): return comparable(ours) == theirs ? nil : "\(ours)\nreference: \(theirs)"
            case (.success(let ours), nil): return "\(ours)\nreference: refused"
            case (.failure(let error), let theirs?):
                return Self.stricter.contains { error.reason.contains($0) } ? nil : "\(error)\nreference: \(theirs)"
            case (.failure, nil): return nil
            }
        }
        accepts = { bytes in
            if case .success = Self.read(type, bytes) { true } else { false }
        }
        differenceInParts = { bytes, cuts in
            switch (Self.read(type, bytes), Self.read(type, bytes, cuts: cuts)) {
            case (.success(let whole), .success(let joined)): whole == joined ? nil : "\(joined)\nas a whole: \(whole)"
            case (.failure, .failure): nil
            case (let whole, let joined): "\(joined)\nas a whole: \(whole)"
            }
        }
    }

    /// By the number that a fuzzer's input begins with.
    static let all = [rangeResponse, putResponse, deleteRangeResponse, transactionResponse, watchMessage]

    static let rangeResponse = WireComparison("RangeResponse", RangeResponse.self, reference: Reference.rangeResponse)
    static let putResponse = WireComparison("PutResponse", PutResponse.self, reference: Reference.putResponse)
    static let deleteRangeResponse = WireComparison("DeleteRangeResponse", DeleteRangeResponse.self, reference: Reference.deleteRangeResponse)
    static let transactionResponse = WireComparison("TxnResponse", TransactionResponse.self, reference: Reference.transactionResponse)
    static let watchMessage = WireComparison(
        "WatchResponse", WatchMessage.self, reference: Reference.watchMessage,
        comparable: { message in
            // A C string ends at its first zero.
            var message = message
            message.cancelReason = String(decoding: message.cancelReason.utf8.prefix { $0 != 0 }, as: UTF8.self)
            return message
        })

    /// What protobuf-c takes and the client doesn't.
    static let stricter = ["field number out of range", "event type ", "isn't a truth value", "an operation's answer is of no known kind"]

    static func read<Value: WireDecodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Result<Value, MalformedMessage> {
        bytes.withUnsafeBytes { bytes in Result { () throws(MalformedMessage) in try Value(wire: bytes) } }
    }

    static func read<Value: WireDecodable & Sendable>(_ type: Value.Type, _ bytes: [UInt8], cuts: [Int]) -> Result<Value, MalformedMessage> {
        let parts = MessageParts<Value>()
        var start = 0
        for cut in cuts {
            // Memory of its own, so that a sanitizer sees what is read beyond it.
            Array(bytes[start..<cut]).withUnsafeBytes { parts.receive($0, following: bytes.count - cut) }
            start = cut
        }
        return Array(bytes[start...]).withUnsafeBytes { rest in
            Result { () throws(MalformedMessage) in try MessageParts<Value>.message(rest, after: parts) }
        }
    }
}
