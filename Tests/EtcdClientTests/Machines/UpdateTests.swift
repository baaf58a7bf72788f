//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import TestWaiting
import Testing

@Suite("Updates of a key that others write too")
struct UpdateTests {
    /// One key, without a server, that another writes first each time, so many times.
    struct ContendedKey: EtcdKV {
        var there: KeyValue? = KeyValue(key: bytes("k"), value: bytes("0"), createRevision: 1, modRevision: 3, version: 2, lease: 5)
        var losses = 0
        let attempts = Log<Transaction>()
        let attempted = Counter()
        let client: EtcdClient

        init(losses: Int = 0) throws {
            self.losses = losses
            client = EtcdClient(configuration: try EtcdClientConfiguration(endpoints: ["127.0.0.1:1"]))
        }

        func range(_ range: KeyRange, options: RangeOptions, deadline: ContinuousClock.Instant?) async throws(EtcdError) -> RangeResponse {
            RangeResponse(kvs: there.map { [$0] } ?? [])
        }

        func transaction(_ transaction: Transaction, deadline: ContinuousClock.Instant?) async throws(EtcdError) -> TransactionResponse {
            attempts.append(transaction)
            attempted.increment()
            guard attempts.all.count > losses else { return TransactionResponse(responses: [.range(RangeResponse())]) }
            return TransactionResponse(header: ResponseHeader(revision: 9), succeeded: true)
        }

        func rangeStream(_ range: KeyRange, options: RangeOptions, deadline: ContinuousClock.Instant?) -> RangeStream {
            client.rangeStream(range, options: options, deadline: deadline)
        }

        func put(
            _ key: [UInt8], _ value: [UInt8], options: PutOptions, deadline: ContinuousClock.Instant?
        ) async throws(EtcdError) -> PutResponse { PutResponse() }

        func deleteRange(
            _ range: KeyRange, options: DeleteRangeOptions, deadline: ContinuousClock.Instant?
        ) async throws(EtcdError) -> DeleteRangeResponse { DeleteRangeResponse() }

        /// What the last attempt would have written.
        var put: PutOptions? {
            guard case .put(_, _, let options)? = attempts.all.last?.success.first else { return nil }
            return options
        }
    }

    @Test("Those who lose try again until they win")
    func wins() async throws {
        let key = try ContendedKey(losses: 4)
        #expect(try await key.update("k") { found in found.map { $0.value + bytes("+") } } == 9)
        #expect(key.attempts.all.count == 5)
    }

    @Test("Those who always lose wait between attempts, and end with their deadline")
    func deadline() async throws {
        let key = try ContendedKey(losses: .max)
        let error = await failure { try await key.update("k", deadline: .now + .milliseconds(500)) { _ in "1" } }
        #expect(error?.code == .deadlineExceeded && error?.outcome == .notDone)
        #expect(error?.message.contains("\"k\"") == true && error?.message.contains("\(key.attempts.all.count) times") == true)
        // Without waits it'd be many thousands.
        #expect((1...200).contains(key.attempts.all.count))
    }

    @Test("Those who are cancelled say so as all calls do")
    func canceled() async throws {
        let key = try ContendedKey(losses: .max)
        let update = Task { await failure { try await key.update("k") { _ in "1" } } }
        try await eventually("a lost attempt") { key.attempted.value > 1 }
        update.cancel()
        let error = try await within("a cancelled update") { await update.value }
        #expect(error?.code == .canceled && error?.outcome == .notDone)
    }

    @Test("A key keeps its lease unless another is given", arguments: [(nil, 5), (0, 0), (7, 7)] as [(Int64?, Int64)])
    func lease(given: Int64?, written: Int64) async throws {
        let key = try ContendedKey()
        try await key.update("k", lease: given) { _ in "1" }
        #expect(key.put?.lease == written)
    }

    @Test("A key that isn't there gets the lease that is given", arguments: [(nil, 0), (7, 7)] as [(Int64?, Int64)])
    func leaseOfNew(given: Int64?, written: Int64) async throws {
        var key = try ContendedKey()
        key.there = nil
        try await key.update("k", lease: given) { _ in "1" }
        #expect(key.put?.lease == written)
    }
}
