//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import Foundation
import TestWaiting
import Testing

/// What a client holds in memory of what is larger than it may hold. Each test has a process of its own, whose memory no other uses; one after the
/// other, since this process can do less while it waits for them.
@Suite(
    "Memory, on a real etcd", .serialized,
    // ThreadSanitizer takes several times as much.
    .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/status") && ProcessInfo.processInfo.environment["TSAN_OPTIONS"] == nil))
struct MemoryTests {
    /// A cluster that takes a few gigabytes, and doesn't hold them in its own memory.
    private static let roomy = EtcdClusterOptions(quotaBackendBytes: 8 << 30, flags: ["--snapshot-count=1000"])

    /// Writes keys `a/000000`, `a/000001` … of so many bytes each from many tasks, and then says so.
    private static func write(_ numbers: Range<Int>, of bytes: Int, to cluster: EtcdCluster, then isOver: Flag = Flag()) async throws {
        defer { isOver.set() }
        try await withClient(of: cluster.endpoints) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<16 {
                    group.addTask {
                        let value = [UInt8](repeating: UInt8(writer), count: bytes)
                        for number in stride(from: numbers.lowerBound + writer, to: numbers.upperBound, by: 16) {
                            try await client.put(Array(name(number).utf8), value, deadline: .now + .seconds(60))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    private static func name(_ number: Int) -> String {
        let digits = String(number)
        return "a/" + String(repeating: "0", count: 6 - digits.count) + digits
    }

    // MARK: A list

    @Test("S22: a list of any length is read in less than 64 MiB", .soakLimit(minutes: 6))
    func list() async throws {
        let size = 64 << 10
        // 128 MiB; 3 GiB in the long form.
        let count = (Soak.seconds == nil ? 128 << 20 : 3 << 30) / size
        try await EtcdCluster.withCluster(Self.roomy) { cluster in
            try await Self.write(0..<count, of: size, to: cluster)
            let endpoint = try #require(cluster.endpoints.first)
            await #expect(processExitsWith: .success) { [endpoint = endpoint as String, count = count as Int, size = size as Int] in
                // What is thrown would end the process without a word of why.
                do { try await MemoryTests.read(count, of: size, from: endpoint) } catch { Issue.record(error) }
            }
        }
    }

    private static func read(_ count: Int, of size: Int, from endpoint: String) async throws {
        try await withClient(of: [endpoint]) { client in
            _ = try await client.status()
            let before = try ProcessMemory.resident()
            var (next, revision) = (0, Int64?.none)
            for try await chunk in client.rangeStream(.prefix("a/")) {
                revision = revision ?? chunk.revision
                #expect(chunk.revision == revision)
                for kv in chunk.kvs {
                    let isNext = kv.keyText == name(next) && kv.value.count == size
                    if !isNext { Issue.record("\(kv.keyText) of \(kv.value.count) bytes in place of \(name(next))") }
                    next += 1
                }
                if let summary = chunk.summary { #expect(summary.count == Int64(count) && !summary.more) }
            }
            #expect(next == count)
            // What there was is the tests' program, and leaves that much of the 64.
            let growth = try ProcessMemory.peak() - before
            #expect(growth < 32 << 20, "\(growth >> 20) MiB beyond the \(before >> 20) there were")
        }
    }

    // MARK: A watch

    @Test(
        "S18: a watch whose reader sleeps holds no more than its limit and what was under way, however much is written", .soakLimit(minutes: 4),
        arguments: [.shared, .dedicated] as [WatchOptions.Stream])
    func slowReader(stream: WatchOptions.Stream) async {
        let isShared = stream == .shared
        await #expect(processExitsWith: .success) { [isShared = isShared as Bool] in
            do { try await MemoryTests.crawl(isShared ? .shared : .dedicated) } catch { Issue.record(error) }
        }
    }

    /// Reads an event each two seconds as long as a writer writes, and then all the others.
    private static func crawl(_ stream: WatchOptions.Stream) async throws {
        let size = 8 << 10
        // 96 MiB; 1 GiB in the long form.
        let count = (Soak.seconds == nil ? 96 << 20 : 1 << 30) / size
        try await withOwnCluster(roomy) { client, cluster async throws in
            let watch = try await client.watch(.prefix("a/"), options: .init(startRevision: 1, stream: stream, bufferLimit: 256 << 10))
            // What the writer needs of memory it has after some of the writes.
            try await write(0..<(count / 8), of: size, to: cluster)
            var reader = SlowReader(watch)
            try await reader.read()
            let before = try ProcessMemory.peak()
            let isOver = Flag()
            async let written: Void = write((count / 8)..<count, of: size, to: cluster, then: isOver)
            while !isOver.isSet {
                try await reader.read()
                // What the scenario is about is time that passes.
                try await Task.sleep(for: .seconds(2))
            }
            try await written
            let growth = try ProcessMemory.peak() - before
            #expect(reader.seen < count / 8, "the reader is slow")
            // The limit, a window of a megabyte, and what both take for their decoding and encoding.
            #expect(growth < 16 << 20, "\(growth >> 20) MiB beyond the \(before >> 20) there were, after \(reader.seen) events")
            while reader.seen < count { try await reader.read() }
            let whole = try ProcessMemory.peak() - before
            #expect(whole < 24 << 20, "\(whole >> 20) MiB beyond the \(before >> 20) there were, after all events")
        }
    }

    private struct SlowReader {
        private var events: EtcdWatch.Events.AsyncIterator
        private(set) var seen = 0
        private var last: Int64 = 0

        init(_ watch: EtcdWatch) { events = watch.events.makeAsyncIterator() }

        mutating func read() async throws {
            let event = try #require(try await events.next())
            #expect(event.revision > last)
            (seen, last) = (seen + 1, event.revision)
        }
    }
}
