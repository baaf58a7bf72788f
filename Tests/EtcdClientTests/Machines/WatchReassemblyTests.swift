//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import EtcdTestSupport
import Testing

@testable import EtcdClient

@Suite("Watches driven by whatever a server may say")
struct WatchReassemblyTests {
    /// Steps for `WatchReassembly`: what a server could say, in an order that it mostly wouldn't.
    private struct Steps {
        var bytes: [UInt8] = []
        private var random: SeededRandom
        private var revision: UInt64 = 1
        private var ids: UInt64 = 0

        init(seed: UInt64, count: Int, plausible: Bool) {
            random = SeededRandom(seed)
            for _ in 0..<count { if plausible && !random.chance(2) { step() } else { nonsense() } }
        }

        private mutating func step() {
            switch Int.random(in: 0..<20, using: &random) {
            case 0: plain(3)
            case 1, 2: plain(4)
            case 3: plain(5)
            case 4: plain(6)
            case 5:
                bytes += [7, UInt8(truncatingIfNeeded: revision)]
            case 6...9: message(created())
            case 10, 11: message(progress())
            case 12: message(canceled())
            default: message(events())
            }
        }

        private mutating func plain(_ operation: UInt8) {
            bytes += [operation | (random.chance(30) ? 8 : 0), UInt8.random(in: 0...20, using: &random)]
        }

        private mutating func nonsense() {
            bytes.append(UInt8.random(in: .min ... .max, using: &random))
            var writer = WireWriter()
            writer.watchResponse(using: &random)
            message(writer)
        }

        private mutating func message(_ writer: WireWriter) {
            bytes += [random.chance(40) ? 8 : 0, UInt8(truncatingIfNeeded: writer.bytes.count), UInt8(truncatingIfNeeded: writer.bytes.count >> 8)]
            bytes += writer.bytes
        }

        private func withHeader() -> WireWriter {
            var writer = WireWriter()
            writer.message(1) { $0.number(3, revision) }
            return writer
        }

        private mutating func id() -> UInt64 { UInt64.random(in: 0...max(ids, 1), using: &random) }

        private mutating func created() -> WireWriter {
            var writer = withHeader()
            if random.chance(15) {
                writer.number(2, UInt64(bitPattern: -1))
                writer.number(4, 1)
                writer.data(6, random.chance(50) ? "etcdserver: invalid auth token" : "etcdserver: permission denied")
            } else {
                ids += 1
                writer.number(2, ids)
            }
            writer.number(3, 1)
            return writer
        }

        private mutating func progress() -> WireWriter {
            revision += UInt64.random(in: 0...3, using: &random)
            var writer = withHeader()
            writer.number(2, random.chance(70) ? UInt64(bitPattern: -1) : id())
            return writer
        }

        private mutating func canceled() -> WireWriter {
            var writer = withHeader()
            writer.number(2, id())
            writer.number(4, 1)
            if random.chance(30) { writer.number(5, revision) }
            return writer
        }

        private mutating func events() -> WireWriter {
            var writer = withHeader()
            writer.number(2, id())
            if random.chance(30) { writer.number(7, 1) }
            var last = random.chance(10) ? revision / 2 : revision
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                if random.chance(70) { last += 1 }
                writer.message(11) { event in event.message(2) { $0.number(3, last) } }
            }
            revision = max(revision, last)
            return writer
        }
    }

    @Test("Whatever is said, no watch goes back, tears a revision, delivers what is below its start, or anything after its end")
    func guarantees() async {
        for round in 0..<Soak.rounds(400, secondsPerRound: 0.01) {
            let seed = Soak.seed &+ UInt64(round)
            let steps = Steps(seed: seed, count: 120, plausible: round.isMultiple(of: 4) == false)
            let violation = steps.bytes.withUnsafeBytes { WatchReassembly.violation($0) }
            #expect(violation == nil, "KEELSON_SEED=\(seed)")
            if violation != nil { return }
            // Other tests have leases to renew meanwhile.
            await Task.yield()
        }
    }
}
