//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit

extension Misbehaviour {
    /// Header blocks that attack who unpacks them.
    static func headerBlock(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        let (name, block) = random.chance(60) ? brokenBlock(&random) : ("", [])
        guard !block.isEmpty else { return largeBlock(&random, victim) }
        // In the headers, or in the trailers.
        if random.chance(50) { return .init(name, Frames.headers(victim.stream, block), [.connectionLost]) }
        let before = Frames.headers(victim.stream, Frames.okBlock) + Frames.data(victim.stream, framed([1]))
        return .init(name + " in trailers", before + Frames.headers(victim.stream, block, end: true), [.connectionLost])
    }

    private static func brokenBlock(_ random: inout SeededRandom) -> (String, [UInt8]) {
        let ones = [UInt8](repeating: 0xff, count: Int.random(in: 5...200, using: &random))
        let index = Int.random(in: 62...100_000, using: &random)
        let broken: (String, [UInt8]) = random.pick([
            ("an index that overflows", ones),
            ("a name's index that overflows", [0x0f] + ones + [0x7f]),
            ("a length that overflows", [0x00, 0x7f] + ones),
            ("a table's size that overflows", [0x3f] + ones),
            ("index 0", [0x80]),
            ("an index beyond the table", Frames.integer(index, bits: 7, first: 0x80)),
            ("a name's index beyond the table", Frames.integer(index, bits: 4) + [1, 0x61]),
            ("Huffman code that ends nowhere", [0x00, 0x84, 0xff, 0xff, 0xff, 0xff, 0x01, 0x61]),
            ("Huffman code with too much padding", [0x00, 0x82, 0x1f, 0xff, 0x01, 0x61]),
            ("Huffman code with padding of zeros", [0x00, 0x81, 0x18, 0x01, 0x61]),
            ("a block that ends in a name", [0x00, 10] + random.bytes(0...9).map { $0 % 26 + 97 }),
            ("a block that ends in a value", [0x00, 1, 0x61, 100] + random.bytes(0...99).map { $0 % 26 + 97 }),
            ("a table beyond what was allowed", Frames.integer(Int.random(in: 4097...1 << 30, using: &random), bits: 5, first: 0x20)),
            ("a table's size among fields", [0x20]),
        ])
        // The first fields may be all right. A table's size belongs before them.
        return random.chance(50) || broken.1 == [0x20] ? (broken.0, Frames.okBlock + broken.1) : broken
    }

    private static func largeBlock(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        let limit = victim.limits.headerListSize
        let end = Frames.data(victim.stream, framed([1])) + Frames.trailers(victim.stream)
        // An entry of the table, and a row of fields that are it: each counts with 32 more than it is long.
        func repeated(_ size: Int, _ count: Int) -> [UInt8] {
            [0x40, 1, 0x61] + Frames.integer(size, bits: 7) + [UInt8](repeating: 0x62, count: size) + [UInt8](repeating: 0xbe, count: count)
        }
        let size = Int.random(in: 1...3900, using: &random)
        let fitting = (limit - 1000) / (size + 33)
        let bomb = random.pick([limit / (size + 33) + 1, 2000, 12_000])
        let fields = (0..<Int.random(in: 1...100, using: &random)).flatMap { Frames.field("x-\($0)", "value") }
        return random.pick([
            .init(
                "a bomb of \(bomb) times \(size) bytes", Frames.headers(victim.stream, Frames.okBlock + repeated(size, bomb)), [.ends(8)]),
            .init(
                "fields of \(fitting) times \(size) bytes", Frames.headers(victim.stream, Frames.okBlock + repeated(size, fitting - 1)) + end,
                [.ends(0)]),
            .init("a hundred fields", Frames.headers(victim.stream, Frames.okBlock + fields) + end, [.ends(0)]),
            .init(
                "a field of more than is allowed",
                Frames.headers(
                    victim.stream,
                    Frames.okBlock + Frames.field("x", [UInt8](repeating: 0x61, count: Int.random(in: limit...(limit + 50_000), using: &random)))),
                // Libraries have a limit of their own to a string.
                [.ends(8), .connectionLost]),
            .init(
                "trailers of more than is allowed",
                Frames.headers(victim.stream, Frames.okBlock) + Frames.data(victim.stream, framed([1]))
                    + Frames.headers(victim.stream, repeated(size, bomb), end: true), [.ends(8)]),
            .init(
                // Of which the last is what it was.
                "many sizes of the table",
                Frames.headers(
                    victim.stream, [UInt8](repeating: 0x20, count: Int.random(in: 1...15_000, using: &random)) + [0x3f, 0xe1, 0x1f] + Frames.okBlock)
                    + end,
                [.ends(0), .connectionLost]),
            .init(
                "header blocks without end",
                frame(type: 1, stream: victim.stream, Frames.okBlock)
                    + (0..<Int.random(in: 500...2000, using: &random)).flatMap { _ in frame(type: 9, stream: victim.stream, Frames.field("a", "b")) },
                [.ends(8), .connectionLost]),
        ])
    }
}
