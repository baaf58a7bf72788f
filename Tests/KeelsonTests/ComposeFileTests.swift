//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Yams

@Suite("docker-compose.yml")
struct ComposeFileTests {
    @Test("Three members with TLS, reachable on loopback only")
    func members() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../docker-compose.yml")
        let compose = try #require(try Yams.load(yaml: String(contentsOf: file, encoding: .utf8)) as? [String: Any])
        let services = try #require(compose["services"] as? [String: [String: Any]])
        #expect(services.keys.sorted() == ["etcd1", "etcd2", "etcd3"])
        let environment = try #require(compose["x-environment"] as? [String: String])
        #expect(environment["ETCD_LISTEN_CLIENT_URLS"]?.hasPrefix("https://") == true)
        #expect(environment["ETCD_CLIENT_CERT_AUTH"] == "true")
        for (name, service) in services {
            let ports = try #require(service["ports"] as? [String])
            #expect(ports.allSatisfy { $0.hasPrefix("127.0.0.1:") }, "\(name)")
        }
    }
}
