//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import EtcdTestKit

@Suite struct EtcdClusterTests {
    @Test("A cluster is ready when the body runs, and gone afterwards")
    func serves() async throws {
        let (member, pid) = try await EtcdCluster.withCluster { cluster in
            try await cluster.etcdctl(["put", "a", "1"])
            #expect(try await cluster.etcdctl(["get", "a", "--print-value-only"]) == "1\n")
            return (cluster.members[0], try #require(cluster.members[0].processID))
        }
        #expect(!member.isRunning)
        // Reaped: there isn't even a zombie by that id.
        #expect(kill(pid, 0) == -1)
    }

    @Test("A killed member keeps its data and its address when it starts again")
    func restarts() async throws {
        try await EtcdCluster.withCluster(EtcdClusterOptions(fsync: true)) { cluster in
            try await cluster.etcdctl(["put", "a", "1"])
            let member = cluster.members[0]
            await member.kill()
            #expect(!member.isRunning)
            try await member.start()
            #expect(try await cluster.etcdctl(["get", "a", "--print-value-only"]) == "1\n")
            await member.terminate()
            try await member.start()
            #expect(try await cluster.etcdctl(["get", "a", "--print-value-only"]) == "1\n")
        }
    }

    @Test("Three members survive the loss of one")
    func losesOne() async throws {
        try await EtcdCluster.withCluster(members: 3) { cluster in
            #expect(Set(cluster.endpoints).count == 3)
            await cluster.members[0].kill()
            try await cluster.members[1].waitUntilReady()
            try await cluster.etcdctl(["put", "a", "1"])
            try await cluster.members[0].start()
            #expect(try await cluster.etcdctl(["get", "a", "--print-value-only"]) == "1\n")
        }
    }

    @Test("A paused member answers again when it goes on")
    func pauses() async throws {
        try await EtcdCluster.withCluster { cluster in
            let member = cluster.members[0]
            member.pause()
            await #expect(throws: EtcdTestKitError.self) { try await member.waitUntilReady(timeout: .zero) }
            #expect(member.isRunning)
            member.resume()
            try await member.waitUntilReady()
        }
    }

    @Test("With TLS only clients with a certificate get in")
    func requiresCertificates() async throws {
        try await EtcdCluster.withCluster(tls: true) { cluster in
            #expect(cluster.endpoints[0].hasPrefix("https://"))
            try await cluster.etcdctl(["put", "a", "1"])
            let authority = try #require(cluster.certificates).authority
            await #expect(throws: EtcdTestKitError.self) {
                try await ChildProcess.run(
                    "etcdctl", ["--endpoints=\(cluster.endpoints[0])", "--cacert=\(authority)", "--command-timeout=1s", "get", "a"])
            }
        }
    }

    @Test("Options reach the members")
    func passesOptions() async throws {
        let options = EtcdClusterOptions(maxRequestBytes: 1000, watchProgressNotifyInterval: "100ms", flags: ["--max-txn-ops=3"])
        try await EtcdCluster.withCluster(options) { cluster in
            let value = String(repeating: "x", count: 2000)
            await #expect(throws: EtcdTestKitError.self) { try await cluster.etcdctl(["put", "a", value]) }
        }
    }

    @Test("A member that can't start says so, with its log")
    func reportsFailure() async throws {
        let error = await #expect(throws: EtcdTestKitError.self) {
            try await EtcdCluster.withCluster(flags: ["--no-such-flag"]) { _ in }
        }
        #expect(try #require(error).description.contains("no-such-flag"))
    }

    @Test("Everybody who asks gets the same shared cluster")
    func shares() async throws {
        async let one = EtcdCluster.shared()
        async let other = EtcdCluster.shared()
        #expect(try await one.endpoints == other.endpoints)
        #expect(EtcdCluster.uniquePrefix() != EtcdCluster.uniquePrefix())
    }
}

@Suite struct ChildProcessTests {
    @Test("The end of this process kills its children and removes its directories")
    func watchdogKills() async throws {
        let watchdog = Watchdog()
        let directory = try TemporaryDirectory()
        let released = try TemporaryDirectory()
        let children = try (0..<3).map { _ in
            try ChildProcess(
                executable: "/bin/sleep", arguments: ["600"], standardOutput: directory.file("out"), standardError: directory.file("err"))
        }
        for child in children { watchdog.guardProcess(child.pid) }
        watchdog.guardDirectory(directory.path)
        watchdog.guardDirectory(released.path)
        watchdog.releaseProcess(children[1].pid)
        watchdog.releaseDirectory(released.path)
        watchdog.abandon()
        #expect(await children[0].waitForExit() == 128 + SIGKILL)
        #expect(await children[2].waitForExit() == 128 + SIGKILL)
        #expect(children[1].exitStatus == nil)
        children[1].signal(SIGTERM)
        #expect(await children[1].waitForExit() == 128 + SIGTERM)
        #expect(FileManager.default.fileExists(atPath: released.path))
        released.remove()
        Watchdog.shared.releaseDirectory(directory.path)
    }

    @Test("A failing command's error says what it wrote")
    func reportsOutput() async throws {
        let error = await #expect(throws: EtcdTestKitError.self) { try await ChildProcess.run("ls", ["/no/such/place"]) }
        #expect(try #require(error).description.contains("/no/such/place"))
        let missing = await #expect(throws: EtcdTestKitError.self) { try await ChildProcess.run("no-such-program", []) }
        #expect(try #require(missing).description.contains("no-such-program is not on the PATH"))
    }

    @Test("A signal to a process that has ended goes nowhere")
    func signalsNobody() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let child = try ChildProcess(
            executable: "/bin/sh", arguments: ["-c", "exit 3"], standardOutput: directory.file("out"), standardError: directory.file("err"))
        #expect(await child.waitForExit() == 3)
        #expect(!child.signal(SIGKILL))
    }
}
