//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import TestWaiting
import Testing

@Suite("Watches of large histories, on a real etcd")
struct WatchLargeTests {
    @Test("A history of megabytes comes through a small limit in pieces, whether or not they were asked for", .soakLimit(minutes: 5))
    func history() async throws {
        let count = Soak.seconds == nil ? 40 : 1000
        try await withOwnCluster(.init(quotaBackendBytes: 6 << 30), configure: { $0.maximumMessageSize = 4 << 20 }) { client, _ in
            let value = [UInt8](repeating: 7, count: 1_000_000)
            for number in 0..<count { try await client.put(bytes("a/\(number)"), value, deadline: .now + .seconds(60)) }
            for (stream, fragment) in [(.shared, false), (.dedicated, false), (.dedicated, true)] as [(WatchOptions.Stream, Bool)] {
                let watch = try await client.watch(.prefix("a/"), options: .init(startRevision: 2, fragment: fragment, stream: stream))
                var number = 0
                var largest = 0
                while number < count {
                    let batch = try #require(try await within("a batch", .seconds(60)) { try await watch.nextBatch() })
                    for event in batch.events {
                        #expect(event.kv.keyText == "a/\(number)" && event.kv.value.count == value.count)
                        number += 1
                    }
                    largest = max(largest, batch.events.count)
                }
                #expect(largest < 12, "a history isn't joined whole")
                watch.cancel()
            }
        }
    }

    @Test(
        "An event above the limit is a typed end, of the watch that it is of and of no other",
        arguments: [.shared, .dedicated] as [WatchOptions.Stream])
    func event(stream: WatchOptions.Stream) async throws {
        try await withOwnCluster(configure: { $0.maximumMessageSize = 100_000 }) { client, _ in
            let large = try await client.watch(.key("large"), options: .init(startRevision: 2, stream: stream))
            let small = try await client.watch(.key("small"), options: .init(startRevision: 2, stream: stream))
            try await client.put("small", "1")
            #expect(try await small.events(1).count == 1)
            let end = Task { await failure { while try await large.nextBatch() != nil {} } }
            try await client.put(bytes("large"), [UInt8](repeating: 7, count: 200_000))
            #expect(try await within("the end of a watch") { await end.value }?.code == .responseTooLarge)
            try await client.put("small", "2")
            #expect(try await small.events(1).map(\.kv.valueText) == ["2"])
        }
    }
}
