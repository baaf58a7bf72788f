//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import TestWaiting
import Testing

@Suite("Ranges that are empty, and what is left of ranges, on a real etcd")
struct KeyRangeTests {
    private static let names: [[UInt8]] = [[0], [0, 0], bytes("a"), bytes("m"), bytes("m\0"), bytes("z"), [0xff], [0xff, 0xff]]

    /// Ends that aren't above their start; among them those that etcd takes for "just this key" and "no end".
    private static let empty: [KeyRange] = [
        .range(from: "m", to: ""), .range(from: "m", to: "\0"), .range(from: "m", to: "m"), .range(from: "z", to: "a"), .range(from: [], to: []),
        .range(from: [], to: [0]), .range(from: [0], to: []), .range(from: [0], to: [0]), .range(from: [0, 0], to: []),
        .range(from: [0, 0], to: [0]), .range(from: [0xff], to: []), .range(from: [0xff], to: [0]),
    ]

    /// Runs `body` with all of a store that holds ``names``, and with a part of it that does.
    private static func withKeys(_ body: @escaping @Sendable (EtcdClient, any EtcdKV) async throws -> Void) async throws {
        try await withOwnCluster { client, _ in
            let (whole, part) = (client.namespace(""), client.namespace("m/"))
            for name in names { _ = try await part.put(name, bytes("part")) }
            try await body(client, part)
            for name in names { _ = try await whole.put(name, bytes("whole")) }
            try await body(client, client)
        }
    }

    @Test("What is in an empty range is found by no read, deleted by no delete, and there for no comparison")
    func nothing() async throws {
        try await Self.withKeys { client, kv in
            let all = try await client.range(.all).kvs
            for range in Self.empty {
                let read = try await kv.range(range, options: .init(), deadline: nil)
                #expect(read.kvs.isEmpty && read.count == 0, "\(range)")
                #expect(try await kv.rangeStream(range, options: .init(), deadline: nil).collect().kvs.isEmpty, "\(range)")
                #expect(try await kv.deleteRange(range, options: .init(), deadline: nil).deleted == 0, "\(range)")
                // As of a key that isn't there.
                let absent = Transaction(
                    compare: [Compare(range, .equal, .createRevision(0))], success: [.deleteRange(range, options: .init())])
                let answer = try await kv.transaction(absent, deadline: nil)
                #expect(answer.succeeded, "\(range)")
                let present = Transaction(compare: [Compare(range, .greater, .createRevision(0))])
                #expect(try await !kv.transaction(present, deadline: nil).succeeded, "\(range)")
            }
            #expect(try await client.range(.all).kvs == all)
        }
    }

    @Test("An empty range can't be watched")
    func watches() async throws {
        try await withSharedCluster { client, prefix in
            let space = client.namespace(prefix)
            for range in Self.empty {
                let watch = try await client.watch(range, options: .init(startRevision: 1))
                let error = try await within("the refusal of \(range)") { await failure { _ = try await watch.nextBatch() } }
                #expect(error?.code == .invalidArgument, "\(range): \(String(describing: error))")
                let inner = try await space.watch(range, options: .init(startRevision: 1))
                let innerError = try await within("the refusal of \(range)") { await failure { _ = try await inner.nextBatch() } }
                #expect(innerError?.code == .invalidArgument, "\(range): \(String(describing: innerError))")
            }
        }
    }

    @Test("What is left after a page is read key by key to the end, whatever that is")
    func pages() async throws {
        try await Self.withKeys { _, kv in
            let ranges: [KeyRange] = [.all, .from("m"), .prefix([0xff]), .prefix("m"), .range(from: "a", to: "z"), .key("m"), .key("missing")]
            for range in ranges {
                let expected = try await kv.range(range, options: .init(), deadline: nil).kvs.map(\.key)
                var (rest, seen) = (range, [[UInt8]]())
                while let next = try await kv.range(rest, options: .init(limit: 1), deadline: nil).kvs.first {
                    seen.append(next.key)
                    rest = rest.after(next.key)
                    if seen.count > expected.count { break }
                }
                #expect(seen == expected, "\(range)")
                #expect(range.after([]) == range, "\(range)")
            }
        }
    }
}
