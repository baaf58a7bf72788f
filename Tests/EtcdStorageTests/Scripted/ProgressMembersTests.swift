//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import EtcdTestSupport
import GRPCTransport
import Storage
import Testing

@testable import EtcdStorage

@Suite("Which members report progress rightly", .timeLimit(.minutes(3)))
struct ProgressMembersTests {
    @Test(
        "All members that can be asked must be new enough, and each is asked once",
        arguments: [
            (["3.5.16", "3.5.16"], true), (["3.5.16", "3.5.12"], false), (["3.4.30", "3.6.0"], false), (["3.6.0", nil], true),
            (["?", "3.6.0"], false),
            ([nil, "3.5.0"], false),
        ])
    func all(versions: [String?], expected: Bool) async throws {
        try await ScriptedStore.with(members: 2) { request in
            versions[request.member].map { ScriptedStore.status($0) } ?? ([], ScriptedStore.denied)
        } _: { etcd, storage in
            for _ in 0..<3 { #expect(await storage.supportsWatchProgress == expected) }
            #expect(etcd.requests.map(\.member).sorted() == [0, 1])
        }
    }

    @Test("While no member has answered, all are asked again")
    func none() async throws {
        try await ScriptedStore.with(members: 2) { request in
            request.number < 2 ? ([], ScriptedStore.denied) : ScriptedStore.status("3.6.0")
        } _: { etcd, storage in
            #expect(await !storage.supportsWatchProgress)
            #expect(await storage.supportsWatchProgress)
            #expect(etcd.requests.count == 4)
        }
    }

    @Test("A member that answers nothing holds nobody up for good")
    func silent() async throws {
        try await ScriptedStore.with(members: 2) { request in
            request.member == 0 ? ScriptedStore.status("3.5.16") : ([], .open)
        } _: { etcd, storage in
            #expect(await storage.supportsWatchProgress)
            #expect(etcd.requests.map(\.member).sorted() == [0, 1])
        }
    }

    @Test("A cluster that has lost a member still reports progress")
    func lostMember() async throws {
        try await StorageHarness.runAlone(EtcdClusterOptions(members: 3)) { harness in
            await harness.cluster.members[2].kill()
            #expect(await harness.storage.supportsWatchProgress)
        }
    }

    @Test("Members that are left are asked after half a minute, by one who wants to know")
    func rounds() {
        let endpoints = (1...3).map { GRPCEndpoint(scheme: .http, host: "etcd-\($0)", port: 2379) }
        let start = ContinuousClock.now
        var members = MemberVersions()
        #expect(members.reportProgress(endpoints) == nil)
        #expect(members.unasked(of: endpoints, now: start) == endpoints)
        #expect(members.unasked(of: endpoints, now: start) == endpoints)
        members.learn(endpoints[0], version: "3.6.1", now: start)
        #expect(members.reportProgress(endpoints) == true)
        #expect(members.unasked(of: endpoints, now: start + .seconds(29)) == [])
        #expect(members.unasked(of: endpoints, now: start + .seconds(30)) == Array(endpoints[1...]))
        #expect(members.unasked(of: endpoints, now: start + .seconds(31)) == [])
        members.learn(endpoints[2], version: "3.5.1", now: start + .seconds(32))
        #expect(members.reportProgress(endpoints) == false)
        // One that has left the cluster doesn't count.
        #expect(members.reportProgress(Array(endpoints[..<2])) == true)
        members.learn(endpoints[1], version: "", now: start + .seconds(33))
        #expect(members.unasked(of: endpoints, now: start + .seconds(99)) == [])
        #expect(members.reportProgress([endpoints[1]]) == false)
    }

    @Test("Members are asked again after ten minutes, since they may have been updated; until then their old answers count")
    func updates() {
        let endpoints = (1...2).map { GRPCEndpoint(scheme: .http, host: "etcd-\($0)", port: 2379) }
        let start = ContinuousClock.now
        var members = MemberVersions()
        _ = members.unasked(of: endpoints, now: start)
        members.learn(endpoints[0], version: "3.5.1", now: start)
        members.learn(endpoints[1], version: "3.5.16", now: start + .seconds(60))
        #expect(members.reportProgress(endpoints) == false)
        #expect(members.unasked(of: endpoints, now: start + .seconds(599)) == [])
        #expect(members.unasked(of: endpoints, now: start + .seconds(600)) == [endpoints[0]])
        #expect(members.unasked(of: endpoints, now: start + .seconds(601)) == [])
        #expect(members.reportProgress(endpoints) == false)
        members.learn(endpoints[0], version: "3.5.16", now: start + .seconds(601))
        #expect(members.reportProgress(endpoints) == true)
        #expect(members.unasked(of: endpoints, now: start + .seconds(660)) == [endpoints[1]])
    }
}
