//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import EtcdTestSupport
import Testing

@testable import EtcdClient

@Suite("Messages that are read while they come")
struct MessagePartsTests {
    @Test("Cut in two anywhere, a message is read as it is whole", arguments: DecodingTests.kinds)
    func everyCut(kind: DecodingTests.Kind) async {
        var random = SeededRandom(4)
        for round in 0..<60 {
            let bytes = kind.random(&random)
            for cut in 0...bytes.count {
                let difference = kind.comparison.differenceInParts(bytes, [cut])
                #expect(difference == nil, "round \(round), cut at \(cut) of \(bytes)")
            }
            await Task.yield()
        }
    }

    @Test("In many parts, and with random bytes in it, a message is read or refused as it is whole", arguments: DecodingTests.kinds)
    func manyParts(kind: DecodingTests.Kind) async {
        var random = SeededRandom(5)
        var refused = 0
        for round in 0..<2000 {
            var bytes = kind.random(&random)
            if round % 2 == 1, !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            if !kind.accepts(bytes) { refused += 1 }
            let longest = Int.random(in: 1...40, using: &random)
            var cuts: [Int] = []
            while case let next = (cuts.last ?? 0) + Int.random(in: 1...longest, using: &random), next <= bytes.count { cuts.append(next) }
            let difference = kind.comparison.differenceInParts(bytes, cuts)
            #expect(difference == nil, "round \(round), cut at \(cuts): \(bytes)")
            await Task.yield()
        }
        #expect(refused > 100)
    }
}
