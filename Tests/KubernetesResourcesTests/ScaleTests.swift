//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
@testable import KubernetesResources
import Registry
import Storage
import Testing

@Suite("Scale")
struct ScaleTests {
    @Test("A deployment's scale shows its numbers, its selector and its version")
    func get() async throws {
        try await Cluster.run { (cluster) async throws in
            let parent = try await cluster.create(deployment())
            let rest: ScaleREST<Deployment> = try cluster.installed("deployments/scale")
            let object = try await rest.get("web", options: GetOptions(), context: cluster.context("demo"))
            let time = try #require(parent.metadata.creationTimestamp)
            #expect(
                String(decoding: object.serialized(), as: UTF8.self)
                    == #"{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"web","namespace":"demo","uid":"\#(parent.metadata.uid)","#
                    + #""resourceVersion":"\#(parent.metadata.resourceVersion)","creationTimestamp":"\#(time)"},"#
                    + #""spec":{"replicas":2},"status":{"replicas":0,"selector":"app=web"}}"#)
            #expect(try rest.tableCells(for: object).prefix(3) == ["web", 2, 0])
            #expect(rest.resource.kind == GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale"))
        }
    }

    @Test("Scaling changes the number, raises the generation and touches nothing else")
    func update() async throws {
        try await Cluster.run { (cluster) async throws in
            let before = try await cluster.create(deployment())
            let rest: ScaleREST<Deployment> = try cluster.installed("deployments/scale")
            let object = try await rest.change("web", context: cluster.context("demo")) { scale in
                scale["spec"]?["replicas"] = 7
                scale["metadata"]?["labels"] = ["x": "y"]
            }
            #expect(try object.value()["spec"]?["replicas"] == 7)
            let after = try await cluster.resources.deployments.value("web", context: cluster.context("demo"))
            #expect(after.spec.replicas == 7)
            #expect(after.metadata.generation == 2)
            #expect(after.metadata.labels == before.metadata.labels)
            #expect(object.resourceVersion.description == after.metadata.resourceVersion)
        }
    }

    @Test("Another version or UID gives 409, a negative number 422, a missing deployment 404")
    func failures() async throws {
        try await Cluster.run { (cluster) async throws in
            let created = try await cluster.create(deployment())
            let rest: ScaleREST<Deployment> = try cluster.installed("deployments/scale")
            let context = cluster.context("demo")
            try await rest.change("web", context: context) { $0["spec"]?["replicas"] = 3 }
            let old = created.metadata.resourceVersion
            #expect(
                await failure {
                    try await rest.change("web", context: context) { scale in
                        scale["metadata"]?["resourceVersion"] = .string(old)
                        scale["spec"]?["replicas"] = 4
                    }
                }?.code == 409)
            #expect(await failure { try await rest.change("web", context: context) { $0["metadata"]?["uid"] = "other" } }?.code == 409)
            let status = await failure { try await rest.change("web", context: context) { $0["spec"]?["replicas"] = -1 } }
            #expect(status?.code == 422)
            #expect(status?.details?.kind == "Scale")
            #expect(await failure { try await rest.change("none", context: context) { _ in } }?.code == 404)
        }
    }

    @Test("Without a version the newest object is scaled")
    func unconditional() async throws {
        try await Cluster.run { (cluster) async throws in
            try await cluster.create(deployment())
            let rest: ScaleREST<Deployment> = try cluster.installed("deployments/scale")
            try await rest.change("web", context: cluster.context("demo")) { scale in
                scale = ["kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": ["name": "web"], "spec": ["replicas": 0]]
            }
            #expect(try await cluster.resources.deployments.value("web", context: cluster.context("demo")).spec.replicas == 0)
        }
    }
}
