//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import Synchronization
import TestWaiting
import Testing

// Article: Follow
/// Tells what is below a prefix, at first and after each change; reads it anew when the history in between is gone.
func follow(_ prefix: String, on client: EtcdClient, _ changed: ([String: String]) -> Void) async throws(EtcdError) {
    while true {
        var current: [String: String] = [:]
        var revision: Int64 = 0
        for try await chunk in client.rangeStream(.prefix(prefix)) {
            for kv in chunk.kvs { current[kv.keyText] = kv.valueText }
            revision = chunk.revision  // the one that all chunks are read at
        }
        changed(current)

        let watch = try await client.watch(.prefix(prefix), options: .init(startRevision: revision + 1))
        do throws(EtcdError) {
            while let batch = try await watch.nextBatch() {
                if batch.isProgress { continue }
                for event in batch.events { current[event.kv.keyText] = event.type == .put ? event.kv.valueText : nil }
                changed(current)
            }
            return
        } catch {
            guard [.compacted, .historyLost, .orderViolation].contains(error.code) else { throw error }
        }
    }
}
// Article end

@Suite("Articles: watching")
struct WatchingSnippets {
    @Test("A range is followed from just after it was read", .timeLimit(.minutes(2)))
    func follows() async throws {
        try await withClient { client, _ in
            let states = Mutex<[[String: String]]>([])
            let following = Task { try await follow("/config/", on: client) { state in states.withLock { $0.append(state) } } }
            try await eventually("a first reading") { states.withLock { !$0.isEmpty } }
            // One after another: changes that a watch has to catch up with come together.
            try await client.put("/config/color", "blue")
            try await eventually("the first change") { states.withLock { $0.count } == 2 }
            try await client.put("/config/shape", "round")
            try await eventually("the second change") { states.withLock { $0.count } == 3 }
            try await client.delete("/config/color")
            try await eventually("the last change") { states.withLock { $0.last } == ["/config/shape": "round"] && states.withLock { $0.count } == 4 }
            following.cancel()
            await #expect { try await following.value } throws: { ($0 as? EtcdError)?.code == .canceled }
            #expect(states.withLock { $0.first } == [:])
        }
    }

    @Test("Options of a watch", .timeLimit(.minutes(2)))
    func options() async throws {
        try await withClient { client, _ in
            let revision = try await client.put("/jobs/1", "new").header.revision
            // Article: WatchOptions
            var options = WatchOptions(startRevision: revision + 1, prevKV: true, filters: [.noDelete])
            options.stream = .group("jobs")  // a stream that the watches of this name share
            options.liveness = .init(interval: .seconds(5), timeout: .seconds(10))  // asks when it was silent so long
            options.bufferLimit = 1 << 20  // bytes that may wait for this consumer
            let watch = try await client.watch(.prefix("/jobs/"), options: options)
            // Article end
            try await client.put("/jobs/1", "done")
            let batch = try #require(try await watch.nextBatch())
            #expect(batch.events.map { $0.prevKV?.valueText } == ["new"])
        }
    }
}
