//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import Foundation
import Subprocess
import SystemPackage
import Testing

/// What survives when processes die.
@Suite("Durability", .serialized, .timeLimit(.minutes(10)))
struct DurabilityTests {
    /// The process of a server's managed etcd.
    private func etcdProcess(of server: KeelsonServer) async throws -> Int32? {
        let found = try await Subprocess.run(
            .name("pgrep"), arguments: ["--full", "--oldest", "^[^ ]*etcd .*--data-dir=\(server.dataDirectory)/etcd"], output: .string(limit: 4096))
        return Int32(found.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    @Test("kill -9 of etcd under a watch loses no event and needs no restart of the server")
    func etcdIsKilled() async throws {
        try await KeelsonServer.withServer { server in
            let kubectl = try Kubectl(server)
            try await kubectl("create", "namespace", "demo")
            try await kubectl.following("get", "configmaps", "-n", "demo", "--watch", "--output-watch-events", "--no-headers") { lines in
                try await kubectl("create", "configmap", "before", "-n", "demo")
                #expect(await lines.first { $0.contains(#/^ADDED +before /#) ? $0 : nil } != nil)
                for round in 1...3 {
                    let process = try #require(try await etcdProcess(of: server))
                    kill(process, SIGKILL)
                    try await untilWritable(kubectl, "after-\(round)")
                    #expect(await lines.first { $0.contains("after-\(round) ") ? $0 : nil } != nil)
                }
                let added = lines.text.split(separator: "\n").compactMap { $0.firstMatch(of: #/^ADDED +(\S+)/#)?.1 }.filter {
                    $0 != "kube-root-ca.crt"
                }
                #expect(added.map(String.init) == ["before", "after-1", "after-2", "after-3"])
                #expect(kill(server.processID, 0) == 0, "the server is the one that was started")
            }
        }
    }

    /// Creates a config map, again until etcd is back. A create whose outcome was unknown may turn out to have happened.
    private func untilWritable(_ kubectl: Kubectl, _ name: String) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let outcome = try await kubectl.attempt(["create", "configmap", name, "-n", "demo"])
            if outcome.succeeded || outcome.errors.contains("AlreadyExists") { return }
            try #require(ContinuousClock.now < deadline, "still not writable: \(outcome.errors)")
        }
    }

    @Test("A restarted server has the same objects, the same authority and the same token")
    func serverRestarts() async throws {
        let directory = try ScratchDirectory()
        defer { directory.remove() }
        let before = try await KeelsonServer.withServer(dataDirectory: directory.path) { server in
            let kubectl = try Kubectl(server)
            try await kubectl("create", "namespace", "demo")
            try await kubectl("create", "configmap", "kept", "-n", "demo", "--from-literal=a=1")
            return try await kubectl("get", "configmap", "kept", "-n", "demo", "-o", "jsonpath={.metadata.uid} {.metadata.resourceVersion}")
                + String(contentsOfFile: server.dataDirectory + "/token", encoding: .utf8)
                + String(contentsOfFile: server.dataDirectory + "/pki/ca.crt", encoding: .utf8)
        }
        let after = try await KeelsonServer.withServer(dataDirectory: directory.path) { server in
            let kubectl = try Kubectl(server)
            return try await kubectl("get", "configmap", "kept", "-n", "demo", "-o", "jsonpath={.metadata.uid} {.metadata.resourceVersion}")
                + String(contentsOfFile: server.dataDirectory + "/token", encoding: .utf8)
                + String(contentsOfFile: server.dataDirectory + "/pki/ca.crt", encoding: .utf8)
        }
        #expect(before == after)
    }

    @Test("The managed etcd ends when the server is killed")
    func serverIsKilled() async throws {
        let directory = try ScratchDirectory()
        defer { directory.remove() }
        let etcd = Process(), data = directory.path + "/data"
        etcd.executableURL = URL(fileURLWithPath: try KeelsonServer.executable())
        etcd.arguments = ["serve", "--data-dir", data, "--secure-port", "0"]
        let output = Pipe()
        etcd.standardOutput = output
        try etcd.run()
        var text = ""
        while !text.contains("kubeconfig: "), let data = try output.fileHandleForReading.read(upToCount: 1), !data.isEmpty {
            text += String(decoding: data, as: UTF8.self)
        }
        let server = KeelsonServer(url: "", kubeconfig: "", dataDirectory: data, processID: etcd.processIdentifier)
        let child = try #require(try await etcdProcess(of: server), "etcd runs: \(text)")
        kill(etcd.processIdentifier, SIGKILL)
        etcd.waitUntilExit()
        let deadline = ContinuousClock.now + .seconds(30)
        while kill(child, 0) == 0 {
            try #require(ContinuousClock.now < deadline, "etcd \(child) outlived the server")
            await Task.yield()
        }
    }

    @Test("A second server can't take a data directory that is in use, and says so")
    func directoryIsLocked() async throws {
        try await KeelsonServer.withServer { server in
            let second = try await Subprocess.run(
                .path(.init(try KeelsonServer.executable())), arguments: ["serve", "--data-dir", server.dataDirectory, "--secure-port", "0"],
                output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
            #expect(!second.terminationStatus.isSuccess)
            #expect(second.standardError.contains("another keelson uses \(server.dataDirectory)"))
        }
    }

    @Test("A cluster of three members with TLS serves, and goes on serving when one of them is killed")
    func cluster() async throws {
        try await EtcdCluster.withCluster(members: 3, tls: true) { cluster in
            let certificates = try #require(cluster.certificates)
            let flags = [
                "--etcd-servers", cluster.endpoints.joined(separator: ","), "--etcd-cafile", certificates.authority,
                "--etcd-certfile", certificates.clientCertificate, "--etcd-keyfile", certificates.clientKey, "--etcd-prefix", "/keelson-test",
            ]
            try await KeelsonServer.withServer(flags: flags) { server in
                let kubectl = try Kubectl(server)
                try await kubectl("create", "namespace", "demo")
                try await kubectl("create", "configmap", "one", "-n", "demo")
                await cluster.members[0].kill()
                try await untilWritable(kubectl, "two")
                #expect(try await kubectl("get", "configmaps", "-n", "demo", "-o", "name") == "configmap/one\nconfigmap/two\n")
            }
        }
    }
}
