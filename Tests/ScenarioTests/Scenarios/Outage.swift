//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import GRPCTransport
import TestWaiting
import Testing

extension Scenarios {
    @Suite("Clients without servers") struct Outage {
        @Test("S3: a client without servers does next to nothing, says so, and goes on when they are back", .soakLimit)
        func quiet() async {
            // In a process of its own, whose processor time is the client's alone.
            await #expect(processExitsWith: .success) {
                // What is thrown would end the process without a word of why.
                do { try await Outage.sitOut() } catch { Issue.record(error) }
            }
        }

        private static func sitOut() async throws {
            let outage: Duration = Soak.seconds == nil ? .seconds(10) : .seconds(60)
            try await EtcdCluster.withCluster(members: 3) { cluster in
                try await withClient(of: cluster.endpoints) { client in
                    let observer = Task { await client.states.reduce(into: []) { $0.append($1) } }
                    let watch = try await client.watch(.key("a"))
                    let (lasting, short) = (try await client.session(ttl: 600), try await client.session(ttl: 5))
                    _ = try await client.put("a", "1")
                    #expect(try await within("an event") { try await watch.nextBatch() }?.events.first?.kv.valueText == "1")

                    for member in cluster.members { await member.kill() }
                    try await eventually("disconnection") { if case .disconnected = client.state { true } else { false } }
                    let (before, start) = (ProcessUse.processorTime, ContinuousClock.now)
                    try await Task.sleep(for: outage)
                    let share = (ProcessUse.processorTime - before) / (ContinuousClock.now - start)
                    #expect(share < 0.01, "\(share) of a processor with no server there")
                    if case .disconnected(let reason) = client.state {
                        #expect(cluster.endpoints.contains { reason.contains($0) }, "\(reason)")
                    } else {
                        Issue.record("it is \(client.state)")
                    }
                    #expect(short.loss?.code == .leaseExpired)

                    var random = SeededRandom(Soak.seed)
                    for member in cluster.members.shuffled(using: &random) { try await member.start(waitUntilReady: false) }
                    for member in cluster.members { try await member.waitUntilReady() }
                    _ = try await client.put("a", "2", deadline: .now + .seconds(30))
                    #expect(try await within("an event") { try await watch.nextBatch() }?.events.first?.kv.valueText == "2")
                    try lasting.check()
                    #expect(try await client.leaseTimeToLive(lasting.lease).ttl > 0)
                    try await eventually("readiness") { if case .ready = client.state { true } else { false } }
                    observer.cancel()
                    #expect(courses(await observer.value) == [.served, .alone, .served])
                }
            }
        }

        /// What a state says of whether there are servers; nil for what comes and goes on the way.
        private enum Course { case served, alone }

        /// The states without those that may be too short to be seen, and without repetitions.
        private static func courses(_ states: [GRPCTransportState]) -> [Course] {
            var courses: [Course] = []
            for state in states {
                let next: Course
                switch state {
                case .ready: next = .served
                case .disconnected: next = .alone
                case .idle, .connecting, .degraded, .shutDown: continue
                }
                if courses.last != next { courses.append(next) }
            }
            return courses
        }
    }
}
