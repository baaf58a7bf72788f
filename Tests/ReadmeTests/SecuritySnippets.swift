//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import Foundation
import GRPCTransport
import Testing

@Suite("Articles: TLS and users")
struct SecuritySnippets {
    @Test("TLS")
    func tls() async throws {
        try await EtcdCluster.withCluster(members: 1, tls: true) { cluster in
            let certificates = try #require(cluster.certificates)
            let (authority, certificate, key) = (certificates.authority, certificates.clientCertificate, certificates.clientKey)
            let endpoints = cluster.endpoints
            #expect(endpoints.allSatisfy { $0.hasPrefix("https://") })
            // Article: TLS
            let tls = GRPCTLSConfiguration(
                trustRoots: .file(authority),  // who signs the servers' certificates
                certificateChainFile: certificate, privateKeyFile: key)  // the client's own, if the servers ask for one
            let client = EtcdClient(configuration: try EtcdClientConfiguration(endpoints: endpoints, tls: tls))
            // Article end
            try await running(client) { client in try await client.put("a", "1") }
        }
    }

    @Test("TLS and a user")
    func readme() async throws {
        try await EtcdCluster.withCluster(EtcdClusterOptions(tls: true, flags: ["--bcrypt-cost=4"])) { cluster in
            for arguments in [["user", "add", "alice:secret"], ["role", "add", "config"], ["user", "grant-role", "alice", "config"]] {
                try await cluster.etcdctl(arguments)
            }
            try await cluster.etcdctl(["role", "grant-permission", "config", "read", "--prefix=true", "/config/"])
            try await enableAuthentication(cluster)
            let authority = try #require(cluster.certificates).authority
            let (password, endpoints) = ("secret", cluster.endpoints)
            // README: Security
            let tls = GRPCTLSConfiguration(trustRoots: .file(authority))  // with the client's own certificate, where servers ask for one
            var configuration = try EtcdClientConfiguration(endpoints: endpoints, tls: tls)
            configuration.credentials = .user("alice", password: password)
            configuration.transport.tls = cluster.tls  // not shown
            let client = EtcdClient(configuration: configuration)
            // README end
            try await running(client) { client in
                // README: Errors
                do throws(EtcdError) {
                    try await client.put("/config/color", "blue")
                } catch {
                    switch error.outcome {
                    // It had no effect. The code says why, the message names the key and the remedy.
                    case .notDone: print("not done: \(error.code): \(error.message)")
                    // It may have been written, or may yet be. Nothing repeats it: only reading can tell.
                    case .unknown: print("unknown: \(error)")
                    }
                    #expect(error.code == .permissionDenied)  // not shown
                }
                // README end
                let written = try await client.get("/config/color")
                #expect(written == nil)
            }
        }
    }

    private func enableAuthentication(_ cluster: EtcdCluster) async throws {
        try await cluster.etcdctl(["user", "add", "root:root"])
        try await cluster.etcdctl(["user", "grant-role", "root", "root"])
        try await cluster.etcdctl(["auth", "enable"])
    }

    @Test("Users, roles and credentials")
    func users() async throws {
        try await withClient(.init(flags: ["--bcrypt-cost=4"])) { client, cluster in
            // Article: Users
            try await client.userAdd("root", .password("a-long-secret"))
            try await client.userGrantRole("root", role: "root")

            try await client.roleAdd("config-reader")
            try await client.roleGrantPermission("config-reader", Permission(.read, .prefix("/config/")))
            try await client.userAdd("alice", .password("another-secret"))
            try await client.userGrantRole("alice", role: "config-reader")

            try await client.authEnable()  // from here on everybody is asked who they are
            // Article end
            let endpoints = cluster.endpoints
            let directory = FileManager.default.temporaryDirectory.appendingPathComponent("readme-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: directory) }
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            let file = directory.appendingPathComponent("password").path
            try Data("another-secret\n".utf8).write(to: URL(fileURLWithPath: file))
            // Article: Credentials
            var configuration = try EtcdClientConfiguration(endpoints: endpoints)
            configuration.credentials = .provider {
                // Asked before each login, so that a changed password takes effect.
                let password = try String(contentsOfFile: file, encoding: .utf8)
                return EtcdCredentials.User(name: "alice", password: password.trimmingCharacters(in: .newlines))
            }
            // Article end
            try await running(EtcdClient(configuration: configuration)) { alice in
                #expect(try await alice.get("/config/color") == nil)
                // Article: Denied
                do throws(EtcdError) {
                    try await alice.put("/config/color", "blue")
                } catch {
                    guard error.code == .permissionDenied else { throw error }
                    print("alice may read only: \(error)")
                }
                // Article end
            }
        }
    }
}
