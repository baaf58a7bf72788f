//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
@testable import KubernetesResources
import Logging
import Registry
import Storage
import Testing

@Suite("Namespaces")
struct NamespaceTests {
    @Test("The stored bytes are those of an upstream server")
    func golden() async throws {
        try await Cluster.run { (cluster) async throws in
            let namespace = try await cluster.resources.namespaces.value("demo", context: cluster.context(nil))
            let time = try #require(namespace.metadata.creationTimestamp)
            #expect(
                try await cluster.stored("/namespaces", "/demo")
                    == #"{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"demo","uid":"\#(namespace.metadata.uid)","#
                    + #""creationTimestamp":"\#(time)","labels":{"kubernetes.io/metadata.name":"demo"}},"spec":{"finalizers":["kubernetes"]},"#
                    + #""status":{"phase":"Active"}}"# + "\n")
        }
    }

    @Test("The default namespaces are there, and creating them again is no failure")
    func defaults() async throws {
        try await Cluster.run { (cluster) async throws in
            try await cluster.resources.createDefaultNamespaces()
            let list = try await cluster.resources.namespaces.list(options: ResourceListOptions(), context: cluster.context(nil))
            #expect(
                try list.items.map { try $0.metadata().name } == ["default", "demo", "kube-node-lease", "kube-public", "kube-system"])
        }
    }

    @Test("Names are DNS labels", arguments: ["a.b", "A", String(repeating: "a", count: 64)])
    func names(_ name: String) async throws {
        try await Cluster.run { (cluster) async throws in
            #expect(await failure { try await cluster.createNamespace(name) }?.code == 422)
        }
    }

    @Test("An update can't change finalizers, status or the label with the name")
    func update() async throws {
        try await Cluster.run { (cluster) async throws in
            let rest: NamespaceREST = try cluster.installed("namespaces")
            let object = try await rest.change("demo", context: cluster.context("demo")) { value in
                value["spec"] = [:]
                value["status"] = ["phase": "Terminating"]
                value["metadata"]?["labels"] = ["a": "b"]
            }
            let namespace = try cluster.resources.namespaces.decode(object)
            #expect(namespace.spec.finalizers == ["kubernetes"])
            #expect(namespace.status.phase == "Active")
            #expect(namespace.metadata.labels == ["a": "b", "kubernetes.io/metadata.name": "demo"])
        }
    }

    @Test("The status endpoint keeps the phase true to the mark of deletion")
    func status() async throws {
        try await Cluster.run { (cluster) async throws in
            let rest: StatusREST<Namespace> = try cluster.installed("namespaces/status")
            let status = await failure { try await rest.change("demo", context: cluster.context(nil)) { $0["status"] = ["phase": "Terminating"] } }
            #expect(status?.details?.causes.map(\.field) == ["status.phase"])
            let condition: JSONValue = ["type": "NamespaceContentRemaining", "status": "False"]
            let object = try await rest.change("demo", context: cluster.context(nil)) { value in
                value["status"]?["conditions"] = [condition]
                value["spec"] = [:]
            }
            let namespace = try cluster.resources.namespaces.decode(object)
            #expect(namespace.status.conditions.count == 1)
            #expect(namespace.spec.finalizers == ["kubernetes"])
        }
    }

    @Test("A delete marks the namespace; finalize removes it with the last finalizer")
    func deleteAndFinalize() async throws {
        try await Cluster.run { (cluster) async throws in
            let rest: NamespaceREST = try cluster.installed("namespaces")
            let finalize: NamespaceFinalizeREST = try cluster.installed("namespaces/finalize")
            let context = cluster.context("demo")
            guard case .object(let marked, let deleted) = try await rest.delete("demo", options: DeleteOptions(), context: context) else {
                Issue.record("expected the namespace")
                return
            }
            #expect(!deleted)
            let namespace = try cluster.resources.namespaces.decode(marked)
            #expect(namespace.metadata.deletionTimestamp != nil)
            #expect(namespace.status.phase == "Terminating")
            let again = try await rest.delete("demo", options: DeleteOptions(), context: context)
            guard case .object(let same, false) = again else {
                Issue.record("expected the namespace, still there")
                return
            }
            #expect(same.resourceVersion == marked.resourceVersion)
            try await finalize.change("demo", context: context) { $0["spec"] = [:] }
            #expect(await failure { _ = try await rest.get("demo", options: GetOptions(), context: context) }?.code == 404)
        }
    }

    @Test("Finalizing an active namespace keeps it; a later delete removes it in two steps")
    func finalizeActive() async throws {
        try await Cluster.run { (cluster) async throws in
            let rest: NamespaceREST = try cluster.installed("namespaces")
            let finalize: NamespaceFinalizeREST = try cluster.installed("namespaces/finalize")
            let context = cluster.context(nil)
            try await finalize.change("demo", context: context) { $0["spec"] = [:] }
            #expect(try await cluster.resources.namespaces.value("demo", context: context).spec.finalizers.isEmpty)
            _ = try await rest.delete("demo", options: DeleteOptions(), context: context)
            guard case .status(let status) = try await rest.delete("demo", options: DeleteOptions(), context: context) else {
                Issue.record("expected a status")
                return
            }
            #expect(!status.isFailure)
        }
    }

    @Test("A delete for another UID gives 409", arguments: [false, true])
    func otherUID(dryRun: Bool) async throws {
        try await Cluster.run { (cluster) async throws in
            let rest: NamespaceREST = try cluster.installed("namespaces")
            let options = DeleteOptions(preconditions: Preconditions(uid: "other"), dryRun: dryRun)
            #expect(await failure { _ = try await rest.delete("demo", options: options, context: cluster.context(nil)) }?.code == 409)
            #expect(try await cluster.resources.namespaces.value("demo", context: cluster.context(nil)).status.phase == "Active")
        }
    }

    @Test("A rehearsed delete marks nothing")
    func dryRun() async throws {
        try await Cluster.run { (cluster) async throws in
            let rest: NamespaceREST = try cluster.installed("namespaces")
            _ = try await rest.delete("demo", options: DeleteOptions(dryRun: true), context: cluster.context(nil))
            #expect(try await cluster.resources.namespaces.value("demo", context: cluster.context(nil)).metadata.deletionTimestamp == nil)
        }
    }

    @Test("Namespaces can be selected by phase")
    func phaseSelector() async throws {
        try await Cluster.run { (cluster) async throws in
            let rest: NamespaceREST = try cluster.installed("namespaces")
            _ = try await rest.delete("demo", options: DeleteOptions(), context: cluster.context(nil))
            var options = ResourceListOptions()
            options.fieldSelector = try FieldSelector(parsing: "status.phase=Terminating")
            let list = try await rest.list(options: options, context: cluster.context(nil))
            #expect(try list.items.map { try $0.metadata().name } == ["demo"])
        }
    }

    @Test("The table shows the phase")
    func table() async throws {
        try await Cluster.run { (cluster) async throws in
            let rest: NamespaceREST = try cluster.installed("namespaces")
            let object = try await rest.get("demo", options: GetOptions(), context: cluster.context(nil))
            #expect(rest.tableColumns.map(\.name) == ["Name", "Status", "Age"])
            #expect(try rest.tableCells(for: object).prefix(2) == ["demo", "Active"])
        }
    }
}

@Suite("Life cycle of namespaces")
struct NamespaceLifecycleTests {
    @Test("Nothing can be created in a namespace that isn't there")
    func missing() async throws {
        try await Cluster.run { (cluster) async throws in
            let status = await failure { try await cluster.create(ConfigMapTests.named("a"), in: "nowhere") }
            #expect(status?.code == 404)
            #expect(status?.message == #"namespaces "nowhere" not found"#)
        }
    }

    @Test("A missing namespace is found out before the object is validated")
    func beforeValidation() async throws {
        try await Cluster.run { (cluster) async throws in
            let status = await failure { try await cluster.create(ConfigMapTests.named("NOT A NAME"), in: "nowhere") }
            #expect(status?.code == 404)
        }
    }

    @Test("Nothing can be created in a terminating namespace, but things in it can be changed and deleted")
    func terminating() async throws {
        try await Cluster.run { (cluster) async throws in
            try await cluster.create(ConfigMapTests.named("a"))
            let rest: NamespaceREST = try cluster.installed("namespaces")
            _ = try await rest.delete("demo", options: DeleteOptions(), context: cluster.context(nil))
            let status = await failure { try await cluster.create(ConfigMapTests.named("b")) }
            #expect(status?.code == 403)
            #expect(
                status?.message
                    == #"configmaps "b" is forbidden: unable to create new content in namespace demo because it is being terminated"#)
            #expect(status?.details?.causes.map(\.type) == ["NamespaceTerminating"])
            #expect(status?.details?.causes.map(\.field) == ["metadata.namespace"])
            let store = cluster.resources.configMaps
            try await store.change("a", context: cluster.context("demo")) { $0["data"] = ["k": "v"] }
            _ = try await store.delete("a", options: DeleteOptions(), context: cluster.context("demo"))
        }
    }

    @Test("The system's namespaces can't be deleted", arguments: ["default", "kube-system", "kube-public"])
    func undeletable(_ name: String) async throws {
        try await Cluster.run { (cluster) async throws in
            let rest: NamespaceREST = try cluster.installed("namespaces")
            let status = await failure { _ = try await rest.delete(name, options: DeleteOptions(), context: cluster.context(nil)) }
            #expect(status?.code == 403)
            #expect(status?.message == "namespaces \"\(name)\" is forbidden: this namespace may not be deleted")
        }
    }
}

@Suite("The namespaces' controller", .timeLimit(.minutes(2)))
struct NamespaceControllerTests {
    /// Waits until a namespace is gone.
    static func waitUntilGone(_ name: String, _ cluster: Cluster) async throws {
        var options = ResourceListOptions()
        let store = cluster.resources.namespaces
        let list = try await store.list(options: options, context: cluster.context(nil))
        guard try list.items.contains(where: { try $0.metadata().name == name }) else { return }
        options.resourceVersion = list.resourceVersion
        for await event in try await store.watch(options: options, context: cluster.context(nil)) {
            if case .change(let change) = event, change.kind == .deleted, try change.object.metadata().name == name { return }
        }
        Issue.record("the watch ended before the namespace went")
    }

    @Test("A deleted namespace goes with all that is in it, and with nothing else", arguments: [true, false])
    func empties(startsFirst: Bool) async throws {
        try await Cluster.run { (cluster) async throws in
            try await cluster.createNamespace("other")
            for index in 0..<5 {
                try await cluster.create(ConfigMapTests.named("c\(index)"))
                try await cluster.create(deployment("d\(index)"))
            }
            try await cluster.create(ConfigMapTests.named("stays"), in: "other")
            let rest: NamespaceREST = try cluster.installed("namespaces")
            // The controller must see namespaces that were marked before it began, too.
            if !startsFirst { _ = try await rest.delete("demo", options: DeleteOptions(), context: cluster.context(nil)) }
            try await cluster.withController { () async throws in
                if startsFirst { _ = try await rest.delete("demo", options: DeleteOptions(), context: cluster.context(nil)) }
                try await Self.waitUntilGone("demo", cluster)
            }
            let maps = try await cluster.resources.configMaps.list(options: ResourceListOptions(), context: cluster.context(nil))
            #expect(maps.items.map(\.key) == ["/configmaps/other/stays"])
            let deployments = try await cluster.resources.deployments.list(options: ResourceListOptions(), context: cluster.context(nil))
            #expect(deployments.items.isEmpty)
        }
    }

    @Test("An object that a finalizer holds holds its namespace")
    func held() async throws {
        try await Cluster.run { (cluster) async throws in
            var held = ConfigMapTests.named("held")
            held.metadata.finalizers = ["example.com/hold"]
            try await cluster.create(held)
            try await cluster.create(ConfigMapTests.named("free"))
            let rest: NamespaceREST = try cluster.installed("namespaces")
            let store = cluster.resources.configMaps
            try await cluster.withController { () async throws in
                var options = ResourceListOptions()
                options.resourceVersion = try await store.list(options: options, context: cluster.context("demo")).resourceVersion
                let watch = try await store.watch(options: options, context: cluster.context("demo"))
                _ = try await rest.delete("demo", options: DeleteOptions(), context: cluster.context(nil))
                var seen: Set<String> = []
                for await event in watch {
                    guard case .change(let change) = event else { continue }
                    seen.insert("\(change.kind.rawValue) \(change.object.key)")
                    if seen.count == 2 { break }
                }
                #expect(seen == ["DELETED /configmaps/demo/free", "MODIFIED /configmaps/demo/held"])
                #expect(try await cluster.resources.namespaces.value("demo", context: cluster.context(nil)).status.phase == "Terminating")
                try await store.change("held", context: cluster.context("demo")) { $0["metadata"]?["finalizers"] = nil }
                try await Self.waitUntilGone("demo", cluster)
            }
        }
    }

    @Test("Resources that are registered later are emptied too, cluster-scoped ones are not")
    func registered() async throws {
        try await Cluster.run { (cluster) async throws in
            cluster.resources.namespaceController.register(cluster.resources.namespaces)
            let rest: NamespaceREST = try cluster.installed("namespaces")
            try await cluster.withController { () async throws in
                _ = try await rest.delete("demo", options: DeleteOptions(), context: cluster.context(nil))
                try await Self.waitUntilGone("demo", cluster)
            }
            #expect(try await cluster.resources.namespaces.value("default", context: cluster.context(nil)).status.phase == "Active")
        }
    }
}

@Suite("What a server installs")
struct BuiltinResourcesTests {
    @Test("Paths, verbs and storage keys")
    func installed() async throws {
        try await Cluster.run { (cluster) async throws in
            let paths = cluster.resources.groups.map { group in "\(group.groupVersion): " + group.resources.map(\.path).joined(separator: " ") }
            #expect(
                paths == [
                    "v1: configmaps namespaces namespaces/finalize namespaces/status",
                    "apps/v1: deployments deployments/scale deployments/status",
                ])
            #expect(cluster.storages.keys.sorted() == ["/configmaps", "/deployments", "/namespaces"])
            let namespaces: any RESTStorage = try cluster.installed("namespaces")
            #expect(!(namespaces is any CollectionDeleter))
            let deployments: any RESTStorage = try cluster.installed("deployments")
            #expect(deployments is any CollectionDeleter)
        }
    }
}
