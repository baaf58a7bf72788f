//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import Foundation
import Subprocess
import Testing

/// What stands in etcd after kubectl has spoken: the keys and values that kube-apiserver would write.
@Suite("Stored layout", .timeLimit(.minutes(5)))
struct StoredLayoutTests {
    @Test("etcdctl shows the golden keys and values")
    func golden() async throws {
        let stored = try await KeelsonServer.withServer { server in
            let kubectl = try Kubectl(server)
            try await kubectl("create", "namespace", "demo")
            try await kubectl("create", "-f", "-", input: Manifests.deployment("web"))
            try await kubectl("create", "-f", "-", input: Manifests.configMap("settings", data: ["b": "2", "a": "1 < 2"]))
            try await kubectl("scale", "deployment", "web", "-n", "demo", "--replicas=3")
            let endpoint = try String(contentsOfFile: server.dataDirectory + "/etcd.endpoint", encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            let listing = try await Subprocess.run(
                .name("etcdctl"), arguments: ["--endpoints", endpoint, "get", "--prefix", "/registry/"], output: .string(limit: 1 << 20))
            return listing.standardOutput
        }
        let masked =
            stored
            .replacing(#/"uid":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"/#, with: #""uid":"UID""#)
            .replacing(#/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/#, with: #""TIME""#)
        let file = try #require(Bundle.module.url(forResource: "registry.golden", withExtension: "txt", subdirectory: "Golden"))
        let golden = try String(contentsOf: file, encoding: .utf8)
        #expect(masked == golden)
    }
}
