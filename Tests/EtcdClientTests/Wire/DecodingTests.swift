//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import EtcdTestSupport
import Foundation
import Testing

@testable import EtcdClient

@Suite("Reading messages, with protobuf-c as the reference")
struct DecodingTests {
    /// A message that is read by hand, and random ones of its kind.
    struct Kind: Sendable, CustomTestStringConvertible {
        var comparison: WireComparison
        var random: @Sendable (inout SeededRandom) -> [UInt8]

        var testDescription: String { comparison.name }
        func difference(_ bytes: [UInt8]) -> String? { comparison.difference(bytes) }
        func accepts(_ bytes: [UInt8]) -> Bool { comparison.accepts(bytes) }

        init(_ comparison: WireComparison, random: @escaping @Sendable (inout WireWriter, inout SeededRandom) -> Void) {
            self.comparison = comparison
            self.random = { generator in
                var writer = WireWriter()
                random(&writer, &generator)
                return writer.bytes
            }
        }
    }

    static let kinds = [
        Kind(.rangeResponse) { $0.rangeResponse(using: &$1) }, Kind(.watchMessage) { $0.watchResponse(using: &$1) },
        Kind(.transactionResponse) { $0.transactionResponse(depth: 2, using: &$1) },
    ]

    static func read<Value: WireDecodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Result<Value, MalformedMessage> {
        WireComparison.read(type, bytes)
    }

    // These have the processors to themselves for seconds, while other tests have leases to renew: hence they let others go first.

    @Test("Random messages are read alike, and none is refused", arguments: kinds)
    func random(kind: Kind) async {
        var random = SeededRandom(1)
        for round in 0..<2000 {
            let bytes = kind.random(&random)
            #expect(kind.accepts(bytes), "round \(round): \(bytes)")
            let difference = kind.difference(bytes)
            #expect(difference == nil, "round \(round): \(bytes)")
            await Task.yield()
        }
    }

    @Test("What real etcds sent is read, and as protobuf-c reads it")
    func recorded() throws {
        let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "../../../Fuzz/Seeds/decode")
        let files = try FileManager.default.contentsOfDirectory(at: folder.standardized, includingPropertiesForKeys: nil)
        var kinds: Set<Int> = []
        for file in files {
            let bytes = try [UInt8](Data(contentsOf: file))
            guard let kind = bytes.first.map(Int.init), kind < WireComparison.all.count else { continue }
            kinds.insert(kind)
            let message = Array(bytes.dropFirst())
            #expect(WireComparison.all[kind].accepts(message), "\(file.lastPathComponent)")
            #expect(WireComparison.all[kind].difference(message) == nil, "\(file.lastPathComponent)")
        }
        #expect(kinds.count == WireComparison.all.count, "a seed of each kind of message")
    }

    @Test("Messages cut anywhere are read or refused alike", arguments: kinds)
    func truncated(kind: Kind) async {
        var random = SeededRandom(2)
        for round in 0..<60 {
            let bytes = kind.random(&random)
            for length in 0..<bytes.count {
                let difference = kind.difference(Array(bytes[..<length]))
                #expect(difference == nil, "round \(round), \(length) bytes of \(bytes)")
            }
            await Task.yield()
        }
    }

    @Test("Messages with random bytes in them are read or refused alike", arguments: kinds)
    func mutated(kind: Kind) async {
        var random = SeededRandom(3)
        for round in 0..<4000 {
            var bytes = kind.random(&random)
            guard !bytes.isEmpty else { continue }
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            let difference = kind.difference(bytes)
            #expect(difference == nil, "round \(round): \(bytes)")
            await Task.yield()
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
            [0xa0, 0x80, 0x80, 0x80, 0x80, 0x00, 0x01],  // a tag of six bytes
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
