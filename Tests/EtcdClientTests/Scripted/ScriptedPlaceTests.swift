//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestSupport
import GRPCTestSupport
import Synchronization
import TestWaiting
import Testing

@testable import EtcdClient

@Suite("Places in line, on a server that doesn't answer as it should")
struct ScriptedPlaceTests {
    private static let leaderChanged = ScriptedEtcd.End.status(14, "etcdserver: leader changed")

    /// Grants leases of a minute and of ID 77, and answers transactions by their number.
    private static func script(
        _ transaction: @escaping @Sendable (Int) -> (messages: [[UInt8]], end: ScriptedEtcd.End)
    ) -> ScriptedEtcd.Script {
        { request in
            switch request.method {
            case "Lease/LeaseGrant": ([ScriptedEtcd.lease(77)], .ok)
            case "Lease/LeaseKeepAlive": ([ScriptedEtcd.lease(77)], .open)
            case "KV/Txn": transaction(request.number)
            default: ([ScriptedEtcd.answer()], .ok)
            }
        }
    }

    /// The answer to who lines up: whether the key was made now, which it was at a revision, and which is the first in line.
    private static func line(isNew: Bool, revision: UInt64, value: String = "", first: UInt64) -> [UInt8] {
        ScriptedEtcd.answer(revision: revision) { answer in
            if isNew { answer.number(2, 1) }
            answer.message(3) { operation in
                if isNew { return operation.message(2) { _ in } }
                operation.message(1) { found in
                    found.message(2) { kv in
                        ScriptedEtcd.keyValue("e/4d", revision: revision, &kv)
                        kv.data(5, value)
                    }
                }
            }
            answer.message(3) { operation in
                operation.message(1) { found in found.message(2) { ScriptedEtcd.keyValue("e/1", revision: first, &$0) } }
            }
        }
    }

    @Test("A wait for the server's own lock or election isn't begun again when it went unanswered", arguments: [true, false])
    func serverSide(locks: Bool) async throws {
        try await ScriptedEtcd.with { _ in
            ([], Self.leaderChanged)
        } _: { etcd, client, _ in
            let error = await failure {
                if locks { _ = try await client.lock("a", lease: 77) } else { _ = try await client.campaign("a", lease: 77, value: "1") }
            }
            #expect(error?.code == .unknownOutcome && error?.reason == .unavailable, "\(String(describing: error))")
            #expect(etcd.requests.map(\.method) == [locks ? "Lock/Lock" : "Election/Campaign"])
        }
    }

    /// Has a task wait for an hour for its place at a server that says nothing to transactions.
    private static func withUnanswered(
        _ body: @escaping @Sendable (ScriptedEtcd, EtcdSession, Task<EtcdError?, Never>) async throws -> Void
    ) async throws {
        try await ScriptedEtcd.with(configure: { $0.writeTimeout = .milliseconds(300) }, script: script { _ in ([], .open) }) { etcd, client, _ in
            let session = try await client.session(deadline: .now + .seconds(20))
            let waiting = Task {
                await failure { _ = try await client.mutex("e", session: session).lock(deadline: .now + .seconds(3600)) }
            }
            try await body(etcd, session, waiting)
        }
    }

    @Test("Who lines up at a server that says nothing is let go soon after it is cancelled, however far its deadline is away")
    func cancelled() async throws {
        try await Self.withUnanswered { etcd, session, waiting in
            // More than one attempt: those that hang leave time for others.
            try await eventually("a second attempt") { etcd.transactions.count >= 2 }
            waiting.cancel()
            let error = await waiting.value
            #expect(error?.code == .unknownOutcome, "\(String(describing: error))")
            await session.close()
        }
    }

    @Test("Who lines up at a server that says nothing is told of its session's end, however far its deadline is away")
    func sessionEnds() async throws {
        try await Self.withUnanswered { etcd, session, waiting in
            try await eventually("an attempt") { !etcd.transactions.isEmpty }
            await session.close()
            let error = await waiting.value
            // An attempt went unanswered, so the code can't be the one that says that nothing was written.
            #expect(error?.code == .unknownOutcome && error?.reason == .canceled, "\(String(describing: error))")
        }
    }

    /// Cancels a task that lines up when its first request has come, and answers only then.
    private static func cancelling(
        _ answer: @escaping @Sendable (Int) -> (messages: [[UInt8]], end: ScriptedEtcd.End),
        _ check: @escaping @Sendable (ScriptedEtcd, EtcdError?) throws -> Void
    ) async throws {
        let lining = Mutex<Task<EtcdError?, Never>?>(nil)
        let script = script { number in
            if number == 0 { lining.withLock { $0?.cancel() } }
            return answer(number)
        }
        try await ScriptedEtcd.with(configure: { $0.writeTimeout = .milliseconds(300) }, script: script) { etcd, client, _ in
            let session = try await client.session()
            let task = lining.withLock { lining in
                let task = Task { await failure { _ = try await client.mutex("e", session: session).lock() } }
                lining = task
                return task
            }
            try check(etcd, await task.value)
        }
    }

    @Test("Who is cancelled while the answer is on its way gives up the place that it got")
    func cancelledWithAPlace() async throws {
        try await Self.cancelling { number in
            ([number == 0 ? Self.line(isNew: true, revision: 7, first: 7) : ScriptedEtcd.answer()], .ok)
        } _: { etcd, error in
            #expect(error?.code == .canceled && error?.outcome == .notDone, "\(String(describing: error))")
            #expect(etcd.transactions.count == 2)
        }
    }

    @Test("Who is cancelled and gets no place is told of the cancellation, not of what a server that can't serve says")
    func cancelledWithoutAPlace() async throws {
        try await Self.cancelling { _ in
            ([], .status(14, "etcdserver: no leader"))
        } _: { _, error in
            #expect(error?.code == .canceled && error?.outcome == .notDone, "\(String(describing: error))")
        }
    }

    /// The answer to a candidate that says something else from now on.
    private static func proclaimed(revision: UInt64) -> [UInt8] {
        ScriptedEtcd.answer(revision: revision) { answer in
            answer.number(2, 1)
            answer.message(3) { operation in
                operation.message(4) { inner in
                    inner.number(2, 1)
                    inner.message(3) { $0.message(2) { _ in } }
                }
            }
        }
    }

    @Test("A candidacy that has come meanwhile by another call of the session, with another value, is nobody else's to give up")
    func anothersValue() async throws {
        let script = Self.script { number in
            switch number {
            case 0: ([], Self.leaderChanged)
            case 1: ([Self.line(isNew: false, revision: 100, value: "host-2", first: 50)], .ok)
            case 2: ([Self.proclaimed(revision: 101)], .ok)
            default: ([], .open)
            }
        }
        try await ScriptedEtcd.with(configure: { $0.writeTimeout = .seconds(60) }, script: script) { etcd, client, _ in
            let session = try await client.session()
            let standing = Task { await failure { _ = try await client.election("e").campaign(session: session, value: "host-1") } }
            try await eventually("the wait") { etcd.transactions.count == 4 }
            standing.cancel()
            #expect(await standing.value?.code == .canceled)
            #expect(etcd.transactions.count == 4, "nothing was deleted")
        }
    }

    @Test("What is withdrawn because nobody knows of it is not what was there before")
    func withdrawn() async throws {
        let script = Self.script { number in
            number == 0 ? ([ScriptedEtcd.answer(revision: 120) { $0.number(2, 1) }], .ok) : ([ScriptedEtcd.answer(revision: 121)], .ok)
        }
        try await ScriptedEtcd.with(script: script) { etcd, client, _ in
            try await client.put("a", "1")
            let session = try await client.session()
            let error = await failure { _ = try await client.election("e").campaign(session: session, value: "host-1") }
            #expect(error?.code == .unknownOutcome)
            try #require(etcd.transactions.count == 2)
            // Made after the latest revision that was known.
            var compare = WireWriter()
            compare.number(1, 1)
            compare.number(2, 1)
            compare.data(3, "e/4d")
            compare.number(5, 7)
            #expect(etcd.transactions[1].message.contains(compare.bytes))
            await session.close()
        }
    }

    @Test("A candidacy that the session has by another client is left alone by a campaign that is cancelled")
    func anothersCandidacy() async throws {
        let script = Self.script { number in
            switch number {
            case 0: ([Self.line(isNew: true, revision: 100, first: 50)], .ok)
            case 2: ([], Self.leaderChanged)
            case 3: ([Self.line(isNew: false, revision: 100, value: "host-1", first: 50)], .ok)
            default: ([], .open)
            }
        }
        try await ScriptedEtcd.with(configure: { $0.writeTimeout = .seconds(60) }, script: script) { etcd, client, peer in
            let session = try await client.session()
            let standing = Task { await failure { _ = try await client.election("e").campaign(session: session, value: "host-1") } }
            try await eventually("the first candidacy's wait") { etcd.transactions.count == 2 }
            // It has heard nothing of the store.
            let other = EtcdClient(configuration: EtcdClientConfiguration(endpoints: [peer.endpoint]))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await other.run() }
                let campaign = Task { await failure { _ = try await other.election("e").campaign(session: session, value: "host-1") } }
                try await eventually("the second candidacy's wait") { etcd.transactions.count == 5 }
                campaign.cancel()
                #expect(await campaign.value?.code == .canceled)
                #expect(etcd.transactions.count == 5, "nothing was deleted")
                group.cancelAll()
            }
            standing.cancel()
            // Its place is given up, by a transaction that isn't answered.
            try await eventually("the end of the first candidacy") { etcd.transactions.count == 6 }
        }
    }

    @Test("After an attempt that went unanswered, what says that nothing was written is no code for the end; a refusal is")
    func laterEnds() async throws {
        for (end, code) in [
            (ScriptedEtcd.End.status(14, "etcdserver: no leader"), EtcdError.Code.unknownOutcome),
            (.status(7, "etcdserver: permission denied"), .permissionDenied),
        ] {
            let script = Self.script { number in
                switch number {
                case 0: ([Self.line(isNew: true, revision: 7, first: 7)], .ok)
                case 1: ([], Self.leaderChanged)
                default: ([], end)
                }
            }
            try await ScriptedEtcd.with(script: script) { etcd, client, _ in
                let session = try await client.session()
                let lock = try await client.mutex("e", session: session).lock()
                let error = await failure { try await lock.unlock(deadline: .now + .seconds(2)) }
                #expect(error?.code == code && error?.outcome == .unknown, "\(String(describing: error))")
                await session.close()
            }
        }
    }

    @Test("A guarded transaction that was done and whose answer lacks what it answered is of unknown outcome")
    func halfAnswered() async throws {
        let script = Self.script { number in
            number == 0 ? ([Self.line(isNew: true, revision: 7, first: 7)], .ok) : ([ScriptedEtcd.answer { $0.number(2, 1) }], .ok)
        }
        try await ScriptedEtcd.with(script: script) { _, client, _ in
            let session = try await client.session()
            let lock = try await client.mutex("e", session: session).lock()
            let write = await failure { try await lock.transaction(.always(.put("a", "1"))) }
            #expect(write?.code == .unknownOutcome && write?.outcome == .unknown && write?.reason == .malformedResponse)
            let read = await failure { try await lock.transaction(.always(.get("a"))) }
            #expect(read?.code == .malformedResponse && read?.outcome == .notDone)
            await session.close()
        }
    }

    @Test("A line that is missing from the answer leaves nothing behind", arguments: [true, false])
    func lineMissing(isNew: Bool) async throws {
        let script = Self.script { number in
            number == 0 ? ([ScriptedEtcd.answer { if isNew { $0.number(2, 1) } }], .ok) : ([ScriptedEtcd.answer()], .ok)
        }
        try await ScriptedEtcd.with(script: script) { etcd, client, _ in
            let session = try await client.session()
            let error = await failure { _ = try await client.mutex("e", session: session).lock() }
            #expect(error?.reason == .malformedResponse && error?.outcome == (isNew ? .unknown : .notDone))
            // What was made is withdrawn.
            #expect(etcd.transactions.count == (isNew ? 2 : 1))
            await session.close()
        }
    }
}

extension ScriptedEtcd {
    /// Those that it was asked for, answered or not.
    fileprivate var transactions: [Request] { requests.filter { $0.method == "KV/Txn" } }
}
