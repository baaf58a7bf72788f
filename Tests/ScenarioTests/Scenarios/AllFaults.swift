//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import HistoryTesting
import Testing

extension Scenarios {
    @Suite("Everything") struct AllFaults {
        enum Fault: CaseIterable {
            case kill, terminate, pause, blackhole, drop, reset, slow, isolate
        }

        @Test("S40: faults of all kinds, drawn by lot, with compaction: nothing is lost, done twice or out of order", .soakLimit)
        func drawn() async throws {
            try await Scenario(.proxiedTrioAndPeers, timeout: .seconds(6), compacts: true).run { round in
                for _ in 0..<3 {
                    let fault = round.random { Fault.allCases.randomElement(using: &$0) } ?? .kill
                    try await strike(fault, round)
                    try await round.recovers(since: .now)
                }
            }
        }

        private func strike(_ fault: Fault, _ round: Scenario.Round) async throws {
            let victim = round.random { Int.random(in: 0..<3, using: &$0) }
            let (member, proxy) = (round.cluster.members[victim], round.cluster.proxies[victim])
            switch fault {
            case .kill:
                await member.kill()
                try await round.letRun(0...1500)
                try await member.start()
            case .terminate:
                await member.terminate()
                try await member.start()
            case .pause:
                member.pause()
                try await round.letRun(200...3000)
                member.resume()
            case .blackhole, .drop:
                let directions = round.random { $0.chance(50) ? Set(FaultProxy.Direction.allCases) : [$0.chance(50) ? .toServer : .toClient] }
                proxy.blackhole(directions, by: fault == .drop ? .drop : .hold)
                try await round.letRun(200...3000)
                proxy.restore()
            case .reset:
                for proxy in round.cluster.proxies { proxy.endAll() }
            case .slow:
                proxy.delay(.milliseconds(100), jitter: .milliseconds(100))
                proxy.throttle(bytesPerSecond: 32 * 1024)
                try await round.letRun(500...3000)
                proxy.restore()
            case .isolate:
                round.cluster.isolate(victim)
                try await round.letRun(500...4000)
                round.cluster.healPeers()
            }
            try await round.cluster.waitUntilReady()
        }
    }
}
