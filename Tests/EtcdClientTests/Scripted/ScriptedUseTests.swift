//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestSupport
import GRPCTestSupport
import GRPCTransport
import LogRecording
import Logging
import Synchronization
import TestWaiting
import Testing

@Suite("Clients that are used in ways that they can't be")
struct ScriptedUseTests {
    private static let script: ScriptedEtcd.Script = { request in
        switch request.method {
        case "Auth/Authenticate": ScriptedEtcd.logIn(request)
        case "Watch/Watch": ([ScriptedEtcd.answer { $0.number(3, 1) }, ScriptedEtcd.answer { $0.message(11) { $0.message(2, keyValue) } }], .open)
        default: ([ScriptedEtcd.answer()], .ok)
        }
    }

    private final class Times: Sendable {
        let all = Mutex<[ContinuousClock.Instant]>([])
    }

    private static func keyValue(_ kv: inout WireWriter) { ScriptedEtcd.keyValue("a", &kv) }

    private static func memberList(_ url: String) -> [UInt8] { ScriptedEtcd.answer { $0.message(2) { $0.data(4, url) } } }

    @Test("A revision that no store can be at is refused before anybody reckons with it", arguments: [UInt64(Int64.max), UInt64.max])
    func impossibleRevision(revision: UInt64) async throws {
        try await ScriptedEtcd.with { _ in
            ([ScriptedEtcd.answer(revision: revision)], .ok)
        } _: { _, client, _ in
            #expect(await failure { _ = try await client.watch(.key("a")) }?.code == .malformedResponse)
            var leaders = client.election("e").observe().makeAsyncIterator()
            await #expect(throws: EtcdError.self) { _ = try await leaders.next() }
            let write = await failure { try await client.put("a", "1") }
            #expect(write?.code == .unknownOutcome && write?.reason == .malformedResponse)
        }
    }

    @Test("A client and its views are run once: another run fails, and calls, logins and watches go on", arguments: [true, false])
    func secondRun(ofView: Bool) async throws {
        try await ScriptedEtcd.with(configure: { $0.credentials = .user("alice", password: "secret") }, script: Self.script) { _, client, _ in
            try await client.put("a", "1")
            let other = ofView ? client.with(CallOptions(timeout: .seconds(60))) : client
            let error = await failure { try await other.run() }
            #expect(error?.code == .failedPrecondition && error?.message.contains("run() has been called already") == true)
            try await other.put("a", "2")
            // Its stream needs a task of the run that goes on.
            let watch = try await client.watch(.key("a"), options: .init(startRevision: 7))
            #expect(try await watch.events(1).map(\.kv.keyText) == ["a"])
        }
    }

    @Test("Metadata that can't be sent is the caller's mistake, which the error names, and no cancellation")
    func badMetadata() async throws {
        try await ScriptedEtcd.with(script: Self.script) { etcd, client, _ in
            let wrong = client.with(CallOptions(metadata: ["grpc-status": "0"]))
            for call in [{ try await wrong.put("a", "1") }, { try await wrong.range(.key("a")) }] as [@Sendable () async throws -> Any] {
                let error = await failure { _ = try await call() }
                #expect(error?.code == .invalidArgument && error?.outcome == .notDone)
                #expect(error?.message.contains("grpc-status") == true)
            }
            #expect(etcd.requests.isEmpty)
            let right = client.with(CallOptions(metadata: ["X-Name": "Value"]))
            try await right.put("a", "1")
            #expect(etcd.requests.first?.headers.contains("\nx-name: Value\n") == true)
        }
    }

    @Test("A client that is given a certificate's file and not its key's fails when it is run, and says so")
    func halfCertificate() async throws {
        let configuration = try EtcdClientConfiguration(
            endpoints: ["https://127.0.0.1:1"], tls: GRPCTLSConfiguration(certificateChainFile: "/nowhere"))
        let client = EtcdClient(configuration: configuration, logger: LogRecorder().logger)
        let error = await failure { try await client.run() }
        #expect(error?.code == .failedPrecondition && error?.message.contains("name both files or none") == true)
        let call = await failure { try await client.put("a", "1") }
        #expect(call?.code == .invalidArgument && call?.message.contains("name both files or none") == true)
    }

    @Test("Its calls don't wait for a login either")
    func halfCertificateAndCredentials() async throws {
        var configuration = try EtcdClientConfiguration(
            endpoints: ["https://127.0.0.1:1"], tls: GRPCTLSConfiguration(privateKeyFile: "/nowhere"))
        configuration.credentials = .user("alice", password: "secret")
        let client = EtcdClient(configuration: configuration, logger: LogRecorder().logger)
        let call = Task { await failure { try await client.put("a", "1", deadline: .now + .seconds(600)) } }
        #expect(await failure { try await client.run() }?.code == .failedPrecondition)
        #expect(await call.value?.outcome == .notDone)
    }

    @Test("Members are asked for once a second at most, however often that is wished for")
    func memberSync() async throws {
        let times = Times()
        try await ScriptedEtcd.with(configure: { $0.memberSync = .zero }) { request in
            if request.method == "Cluster/MemberList" { times.all.withLock { $0.append(.now) } }
            return Self.script(request)
        } _: { _, _, _ in
            try await eventually("a third look at the members") { times.all.withLock { $0.count } >= 3 }
            let seen = times.all.withLock { $0 }
            #expect(seen[2] - seen[0] >= .milliseconds(1500), "\(seen[2] - seen[0])")
        }
    }

    @Test("Members that can't be reached where they say don't cut the client off from where it was told that they are")
    func misleadingMembers() async throws {
        try await ScriptedEtcd.with(configure: {
            $0.memberSync = .zero
            $0.readTimeout = .milliseconds(500)
        }) { request in
            request.method == "Cluster/MemberList" ? ([Self.memberList("http://127.0.0.1:1")], .ok) : Self.script(request)
        } _: { etcd, client, _ in
            try await eventually("the endpoints of the members, and the one that was given") { client.endpoints.count == 2 }
            try await client.put("a", "1", deadline: .now + .seconds(10))
            let looks = etcd.requests.count { $0.method == "Cluster/MemberList" }
            try await eventually("another look at the members") { etcd.requests.count { $0.method == "Cluster/MemberList" } > looks }
            #expect(client.endpoints.count == 2)
        }
    }

    @Test("It's where the program told the client last that they are which it isn't cut off from")
    func updatedEndpoints() async throws {
        @Sendable func endpoint(_ port: Int) -> GRPCEndpoint { GRPCEndpoint(scheme: .http, host: "127.0.0.1", port: port) }
        try await ScriptedEtcd.with(configure: {
            $0.memberSync = .zero
            $0.readTimeout = .milliseconds(500)
            $0.transport.endpoints = [endpoint(2)]
        }) { request in
            request.method == "Cluster/MemberList" ? ([Self.memberList("http://127.0.0.1:1")], .ok) : Self.script(request)
        } _: { _, client, peer in
            client.updateEndpoints([peer.endpoint])
            try await eventually("the member's endpoint, and the one that was told") { Set(client.endpoints) == [endpoint(1), peer.endpoint] }
            try await client.put("a", "1", deadline: .now + .seconds(10))
        }
    }

    @Test("A deadline beyond all reason is one that doesn't come", arguments: [1, 2])
    func farDeadlines(times: Int) async throws {
        let far = (0..<times).reduce(ContinuousClock.now) { far, _ in far + .seconds(Int64.max) }
        try await ScriptedEtcd.with(configure: { $0.credentials = .user("alice", password: "secret") }) { request in
            request.method == "Maintenance/Snapshot" ? ([], .open) : Self.script(request)
        } _: { etcd, client, _ in
            try await client.put("a", "1", deadline: far)
            #expect(try await client.range(.key("a"), deadline: far).header.revision == 7)
            let snapshot = Task { await failure { for try await _ in try await client.snapshot(deadline: far) {} } }
            try await eventually("its request") { etcd.requests.contains { $0.method == "Maintenance/Snapshot" } }
            snapshot.cancel()
            #expect(await snapshot.value?.code == .canceled)
            let past = await failure { try await client.put("a", "2", deadline: .now - (ContinuousClock.now.duration(to: far))) }
            #expect(past?.code == .deadlineExceeded && past?.outcome == .notDone)
        }
    }

    @Test("Times beyond all reason are nothing, or ones that don't come to an end", arguments: [Int64.max, .min])
    func extremeTimes(seconds: Int64) async throws {
        let time = Duration.seconds(seconds)
        let isForEver = time > .zero
        try await ScriptedEtcd.with(configure: {
            $0.readTimeout = time
            $0.writeTimeout = time
            $0.memberSync = time
            $0.watchProbe = .init(interval: time, timeout: time)
            $0.transport.silenceTimeout = time
            $0.transport.keepalive = .init(interval: time, timeout: time)
            $0.transport.backoff = .init(initial: time, maximum: time)
            $0.transport.pinnedConnectionIdleTime = time
            if isForEver { $0.transport.connectTimeout = time }
        }) { request in
            request.method == "Watch/Watch" ? ([], .open) : Self.script(request)
        } _: { _, client, peer in
            for client in [client, client.with(CallOptions(timeout: time))] {
                if isForEver {
                    #expect(try await client.put("a", "1").header.revision == 7)
                } else {
                    let error = await failure { try await client.put("a", "1") }
                    #expect(error?.code == .deadlineExceeded && error?.outcome == .notDone)
                }
            }
            let patient = client.with(CallOptions(timeout: .seconds(30)))
            #expect(try await patient.put("a", "1").header.revision == 7)
            _ = try await patient.status(of: peer.endpoint)
        }
    }

    @Test("That run() was forgotten is said by the error of a call whose deadline passed, and by one warning", arguments: [true, false])
    func neverRun(logsIn: Bool) async throws {
        var configuration = EtcdClientConfiguration(endpoints: [GRPCEndpoint(scheme: .http, host: "127.0.0.1", port: 1)])
        if logsIn { configuration.credentials = .user("alice", password: "secret") }
        let log = LogRecorder(level: .notice)
        let client = EtcdClient(configuration: configuration, logger: log.logger)
        for _ in 0..<2 {
            let error = await failure { try await client.put("a", "1", deadline: .now + .milliseconds(50)) }
            #expect(error?.code == .deadlineExceeded && error?.outcome == .notDone)
            #expect(error?.message.hasSuffix("run() has not been called") == true, "\(String(describing: error))")
        }
        try await eventually("a warning") { !log.lines.isEmpty }
        _ = await failure { try await client.put("a", "1", deadline: .now + .milliseconds(50)) }
        #expect(log.lines.map(\.level) == [.warning])
        #expect(log.lines.first?.message.contains("run() has not been called") == true)
    }

    @Test("A client that is run a moment after its first call says nothing of that")
    func runLater() async throws {
        try await ScriptedEtcd.with(script: Self.script) { _, other, _ in
            let log = LogRecorder(level: .notice)
            let client = EtcdClient(configuration: other.configuration, logger: log.logger)
            let early = Task { try await client.put("a", "1") }
            try await running({ try await client.run() }) {
                _ = try await early.value
                let error = await failure { _ = try await client.put("a", "1", deadline: .now - .seconds(1)) }
                #expect(error?.message.contains("run()") == false)
            }
            #expect(log.lines.isEmpty)
        }
    }
}
