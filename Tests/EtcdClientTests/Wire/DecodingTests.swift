//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import EtcdClient

@Suite("Reading messages, with protobuf-c as the reference")
struct DecodingTests {
    /// A message that is read by hand.
    struct Kind: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var random: @Sendable (inout SeededRandom) -> [UInt8]
        /// What is wrong between the two readings; nil when they agree.
        var difference: @Sendable ([UInt8]) -> String?
        /// Whether the client's reader takes the bytes.
        var accepts: @Sendable ([UInt8]) -> Bool

        init<Value: WireDecodable & Equatable & Sendable>(
            _ name: String, _ type: Value.Type, random: @escaping @Sendable (inout WireWriter, inout SeededRandom) -> Void,
            reference: @escaping @Sendable ([UInt8]) -> Value?, comparable: @escaping @Sendable (Value) -> Value = { $0 }
        ) {
            testDescription = name
            self.random = { generator in
                var writer = WireWriter()
                random(&writer, &generator)
                return writer.bytes
            }
            difference = { bytes in
                switch (DecodingTests.read(type, bytes), reference(bytes)) {
                case (.success(let ours), let theirs?): comparable(ours) == theirs ? nil : "\(ours)\nreference: \(theirs)"
                case (.success(let ours), nil): "\(ours)\nreference: refused"
                case (.failure(let error), let theirs?):
                    DecodingTests.stricter.contains { error.reason.contains($0) } ? nil : "\(error)\nreference: \(theirs)"
                case (.failure, nil): nil
                }
            }
            accepts = { bytes in
                if case .success = DecodingTests.read(type, bytes) { true } else { false }
            }
        }
    }

    static let kinds = [
        Kind("RangeResponse", RangeResponse.self, random: { $0.rangeResponse(using: &$1) }, reference: Reference.rangeResponse),
        Kind(
            "WatchResponse", WatchMessage.self, random: { $0.watchResponse(using: &$1) }, reference: Reference.watchMessage,
            comparable: { message in
                // A C string ends at its first zero.
                var message = message
                message.cancelReason = String(message.cancelReason.prefix { $0 != "\0" })
                return message
            }),
        Kind(
            "TxnResponse", TransactionResponse.self, random: { $0.transactionResponse(depth: 2, using: &$1) },
            reference: Reference.transactionResponse),
    ]

    /// What protobuf-c takes and the client doesn't.
    static let stricter = ["field number out of range", "event type ", "isn't a truth value", "an operation's answer is of no known kind"]

    static func read<Value: WireDecodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Result<Value, MalformedMessage> {
        bytes.withUnsafeBytes { bytes in Result { () throws(MalformedMessage) in try Value(wire: bytes) } }
    }

    @Test("Random messages are read alike, and none is refused", arguments: kinds)
    func random(kind: Kind) {
        var random = SeededRandom(1)
        for round in 0..<2000 {
            let bytes = kind.random(&random)
            #expect(kind.accepts(bytes), "round \(round): \(bytes)")
            let difference = kind.difference(bytes)
            #expect(difference == nil, "round \(round): \(bytes)")
        }
    }

    @Test("Messages cut anywhere are read or refused alike", arguments: kinds)
    func truncated(kind: Kind) {
        var random = SeededRandom(2)
        for round in 0..<60 {
            let bytes = kind.random(&random)
            for length in 0..<bytes.count {
                let difference = kind.difference(Array(bytes[..<length]))
                #expect(difference == nil, "round \(round), \(length) bytes of \(bytes)")
            }
        }
    }

    @Test("Messages with random bytes in them are read or refused alike", arguments: kinds)
    func mutated(kind: Kind) {
        var random = SeededRandom(3)
        for round in 0..<4000 {
            var bytes = kind.random(&random)
            guard !bytes.isEmpty else { continue }
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            let difference = kind.difference(bytes)
            #expect(difference == nil, "round \(round): \(bytes)")
        }
    }

    @Test(
        "Bytes that lie about what follows are refused",
        arguments: [
            [0x12],  // a length that isn't there
            [0x12, 0x05, 0x00],  // shorter than it says
            [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],  // longer than memory
            [0x20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],  // a number of eleven bytes
            [0x13],  // a group
            [0x17],  // no wire type
            [0x10, 0x01],  // kvs as a number
            [0x22, 0x00],  // count as bytes
            [0x02, 0x00],  // field 0
        ] as [[UInt8]])
    func lies(bytes: [UInt8]) {
        #expect(throws: MalformedMessage.self) { try Self.read(RangeResponse.self, bytes).get() }
    }

    @Test("Transactions nested deeper than any request are refused, not followed")
    func nesting() throws {
        var bytes: [UInt8] = []
        for depth in 1...2000 {
            var operation = WireWriter()
            operation.data(4, bytes)
            var transaction = WireWriter()
            transaction.data(3, operation.bytes)
            bytes = transaction.bytes
            if depth <= TransactionResponse.maximumDepth { _ = try Self.read(TransactionResponse.self, bytes).get() }
        }
        #expect(throws: MalformedMessage(reason: "transactions nested too deep")) { try Self.read(TransactionResponse.self, bytes).get() }
    }
}
