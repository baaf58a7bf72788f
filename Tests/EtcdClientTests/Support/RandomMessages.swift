//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import EtcdTestSupport

// Random messages as a server could send them: fields missing, in any order, and some that no release knows.
extension WireWriter {
    private typealias Field = (inout WireWriter, inout SeededRandom) -> Void

    private mutating func write(_ fields: [Field], using random: inout SeededRandom) {
        for field in fields.shuffled(using: &random) where random.chance(80) { field(&self, &random) }
        if random.chance(15) { unknownField(using: &random) }
    }

    private mutating func unknownField(using random: inout SeededRandom) {
        let field = UInt64.random(in: 100...5000, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: number(field, random.number())
        case 1: data(field, random.bytes(upTo: 20))
        case 2:
            varint(field << 3 | 1)
            bytes += (0..<8).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        default:
            varint(field << 3 | 5)
            bytes += (0..<4).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        }
    }

    private func nested(_ random: inout SeededRandom, _ fill: (inout WireWriter, inout SeededRandom) -> Void) -> [UInt8] {
        var inner = WireWriter()
        fill(&inner, &random)
        return inner.bytes
    }

    mutating func header(using random: inout SeededRandom) {
        write((1...4).map { field in { writer, random in writer.number(field, random.number()) } }, using: &random)
    }

    mutating func keyValue(using random: inout SeededRandom) {
        write(
            [
                { $0.data(1, $1.bytes(upTo: 20)) }, { $0.number(2, $1.number()) }, { $0.number(3, $1.number()) }, { $0.number(4, $1.number()) },
                { $0.data(5, $1.bytes(upTo: 200)) }, { $0.number(6, $1.number()) },
            ], using: &random)
    }

    mutating func rangeResponse(using random: inout SeededRandom) {
        let kvs: [Field] = (0..<Int.random(in: 0...6, using: &random)).map { _ in
            { writer, random in writer.data(2, writer.nested(&random) { $0.keyValue(using: &$1) }) }
        }
        write(
            kvs + [
                { writer, random in writer.data(1, writer.nested(&random) { $0.header(using: &$1) }) }, { $0.number(3, $1.number() & 1) },
                { $0.number(4, $1.number()) },
            ], using: &random)
    }

    mutating func event(using random: inout SeededRandom) {
        write(
            [
                { $0.number(1, $1.number() & 1) },
                { writer, random in writer.data(2, writer.nested(&random) { $0.keyValue(using: &$1) }) },
                { writer, random in writer.data(3, writer.nested(&random) { $0.keyValue(using: &$1) }) },
            ], using: &random)
    }

    mutating func watchResponse(using random: inout SeededRandom) {
        let events: [Field] = (0..<Int.random(in: 0...6, using: &random)).map { _ in
            { writer, random in writer.data(11, writer.nested(&random) { $0.event(using: &$1) }) }
        }
        write(
            events + [
                { writer, random in writer.data(1, writer.nested(&random) { $0.header(using: &$1) }) }, { $0.number(2, $1.number()) },
                { $0.number(3, $1.number() & 1) }, { $0.number(4, $1.number() & 1) }, { $0.number(5, $1.number()) },
                { $0.data(6, String("etcdserver: mvcc: häkchen ✔".prefix(Int.random(in: 0...28, using: &$1)))) },
                { $0.number(7, $1.number() & 1) },
            ], using: &random)
    }

    mutating func transactionResponse(depth: Int, using random: inout SeededRandom) {
        let operations: [Field] = (0..<Int.random(in: 0...4, using: &random)).map { _ in
            { writer, random in writer.data(3, writer.nested(&random) { $0.operation(depth: depth, using: &$1) }) }
        }
        write(
            operations + [
                { writer, random in writer.data(1, writer.nested(&random) { $0.header(using: &$1) }) }, { $0.number(2, $1.number() & 1) },
            ], using: &random)
    }

    private mutating func operation(depth: Int, using random: inout SeededRandom) {
        switch Int.random(in: 0..<(depth > 0 ? 4 : 3), using: &random) {
        case 0: data(1, nested(&random) { $0.rangeResponse(using: &$1) })
        case 1:
            data(
                2,
                nested(&random) { writer, random in
                    writer.write([{ writer, random in writer.data(2, writer.nested(&random) { $0.keyValue(using: &$1) }) }], using: &random)
                })
        case 2:
            data(
                3,
                nested(&random) { writer, random in
                    writer.write(
                        [{ $0.number(2, $1.number()) }, { writer, random in writer.data(3, writer.nested(&random) { $0.keyValue(using: &$1) }) }],
                        using: &random)
                })
        default: data(4, nested(&random) { $0.transactionResponse(depth: depth - 1, using: &$1) })
        }
    }
}
