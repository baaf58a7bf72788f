//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import Testing

/// What a newcomer does with kubectl, verb by verb, against a real server on a real etcd.
@Suite("kubectl", .serialized, .timeLimit(.minutes(10)))
struct KubectlPathTests {
    @Test("version, api-resources and the health endpoints answer")
    func discovery() async throws {
        try await KeelsonServer.withServer { server in
            let kubectl = try Kubectl(server)
            let version = try await kubectl("version", "-o", "json")
            #expect(version.contains(#""serverVersion""#) && version.contains("keelson"))

            let resources = try await kubectl("api-resources", "-o", "wide")
            #expect(resources.contains(#/(?m)^configmaps +cm +v1 +true +ConfigMap /#))
            #expect(resources.contains(#/(?m)^namespaces +ns +v1 +false +Namespace /#))
            #expect(resources.contains(#/(?m)^deployments +deploy +apps/v1 +true +Deployment /#))

            for path in ["/healthz", "/livez", "/readyz"] {
                #expect(try await kubectl("get", "--raw", path) == "ok", "\(path)")
            }
            let verbose = try await kubectl("get", "--raw", "/readyz?verbose")
            #expect(verbose.contains("[+]etcd ok") && verbose.hasSuffix("readyz check passed\n"))
            #expect(try await kubectl("get", "--raw", "/version").contains(#""gitVersion""#))
        }
    }

    @Test("A deployment is created, read, changed in every way that kubectl knows, and deleted")
    func deployment() async throws {
        try await KeelsonServer.withServer { server in
            let kubectl = try Kubectl(server)
            #expect(try await kubectl("create", "namespace", "demo") == "namespace/demo created\n")
            #expect(try await kubectl("create", "-f", "-", input: Manifests.deployment("web")) == "deployment.apps/web created\n")
            let again = try await kubectl.failure("create", "-f", "-", input: Manifests.deployment("web"))
            #expect(again.contains(#"Error from server (AlreadyExists): error when creating "STDIN": deployments.apps "web" already exists"#))

            let table = try await kubectl("get", "deployments", "-n", "demo")
            #expect(table.contains(#/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +0/2 +0 +0 +\d+s\n$/#), "\(table)")
            let wide = try await kubectl("get", "deployments", "-n", "demo", "-o", "wide")
            #expect(wide.contains(#/CONTAINERS +IMAGES +SELECTOR\n.* server +nginx:1.27 +app=web\n$/#), "\(wide)")

            let yaml = try await kubectl("get", "deployment", "web", "-n", "demo", "-o", "yaml")
            for line in ["generation: 1", "replicas: 2", "terminationMessagePath: /dev/termination-log", "maxSurge: 25%", "revisionHistoryLimit: 10"]
            {
                #expect(yaml.contains(line), "\(line) in \(yaml)")
            }

            #expect(
                try await kubectl("replace", "-f", "-", input: Manifests.deployment("web", image: "nginx:1.28")) == "deployment.apps/web replaced\n")
            #expect(try await read(kubectl, ".metadata.generation") == "2")
            #expect(try await read(kubectl, ".spec.template.spec.containers[0].image") == "nginx:1.28")

            try await kubectl("patch", "deployment", "web", "-n", "demo", "--type", "merge", "-p", #"{"spec":{"minReadySeconds":7}}"#)
            try await kubectl(
                "patch", "deployment", "web", "-n", "demo", "--type", "json", "-p", #"[{"op":"replace","path":"/spec/replicas","value":5}]"#)
            try await kubectl(
                "patch", "deployment", "web", "-n", "demo", "--type", "strategic", "-p",
                #"{"spec":{"template":{"spec":{"containers":[{"name":"server","env":[{"name":"SIZE","value":"xl"}]}]}}}}"#)
            #expect(try await read(kubectl, ".spec.minReadySeconds") == "7")
            #expect(try await read(kubectl, ".spec.replicas") == "5")
            // A strategic patch merges lists by their keys, so the first variable and the image are still there.
            #expect(try await read(kubectl, ".spec.template.spec.containers[0].env[*].name") == "SIZE COLOR")
            #expect(try await read(kubectl, ".spec.template.spec.containers[0].image") == "nginx:1.28")
            #expect(try await read(kubectl, ".metadata.generation") == "5")

            try await kubectl("label", "deployment", "web", "-n", "demo", "team=a")
            #expect(try await read(kubectl, ".metadata.labels.team") == "a")
            #expect(try await read(kubectl, ".metadata.generation") == "5", "labels are no part of the specification")

            #expect(try await kubectl("scale", "deployment", "web", "-n", "demo", "--replicas=3") == "deployment.apps/web scaled\n")
            #expect(try await read(kubectl, ".spec.replicas") == "3")
            #expect(try await read(kubectl, ".metadata.generation") == "6")

            #expect(try await kubectl("delete", "deployment", "web", "-n", "demo").hasPrefix("deployment.apps \"web\" deleted"))
            let gone = try await kubectl.failure("get", "deployment", "web", "-n", "demo")
            #expect(gone == "Error from server (NotFound): deployments.apps \"web\" not found\n")
        }
    }

    private func read(_ kubectl: Kubectl, _ path: String) async throws -> String {
        try await kubectl("get", "deployment", "web", "-n", "demo", "-o", "jsonpath={\(path)}")
    }

    @Test("apply creates, then changes only what the manifest changed, and says when nothing did")
    func apply() async throws {
        try await KeelsonServer.withServer { server in
            let kubectl = try Kubectl(server)
            try await kubectl("create", "namespace", "demo")
            let first = Manifests.deployment("web", replicas: nil)
            #expect(try await kubectl("apply", "-f", "-", input: first) == "deployment.apps/web created\n")
            #expect(try await kubectl("apply", "-f", "-", input: first) == "deployment.apps/web unchanged\n")
            try await kubectl("scale", "deployment", "web", "-n", "demo", "--replicas=4")
            let second = Manifests.deployment("web", replicas: nil, image: "nginx:1.29")
            #expect(try await kubectl("apply", "-f", "-", input: second) == "deployment.apps/web configured\n")
            #expect(try await read(kubectl, ".spec.template.spec.containers[0].image") == "nginx:1.29")
            #expect(try await read(kubectl, ".spec.replicas") == "4", "what the manifest doesn't say stays as it is")

            #expect(
                try await kubectl("apply", "-f", "-", input: Manifests.configMap("settings", data: ["a": "1", "b": "2"]))
                    == "configmap/settings created\n")
            #expect(
                try await kubectl("apply", "-f", "-", input: Manifests.configMap("settings", data: ["a": "3"])) == "configmap/settings configured\n")
            #expect(try await kubectl("get", "configmap", "settings", "-n", "demo", "-o", "jsonpath={.data}") == #"{"a":"3"}"#)

            let misspelt = second.replacingOccurrences(of: "minReadySeconds", with: "minReadySecnds")
            let refused = try await kubectl.failure("apply", "-f", "-", input: misspelt)
            #expect(refused.contains(#"unknown field "spec.minReadySecnds""#), "\(refused)")
        }
    }

    @Test("edit opens what is stored and writes back what was changed")
    func edit() async throws {
        try await KeelsonServer.withServer { server in
            let kubectl = try Kubectl(server, extraEnvironment: ["KUBE_EDITOR": "sed -i s/blue/green/"])
            try await kubectl("create", "namespace", "demo")
            try await kubectl("create", "-f", "-", input: Manifests.deployment("web"))
            #expect(try await kubectl("edit", "deployment", "web", "-n", "demo") == "deployment.apps/web edited\n")
            #expect(try await read(kubectl, ".spec.template.spec.containers[0].env[0].value") == "green")
        }
    }

    @Test("Label and field selectors choose, within a namespace and across all")
    func selectors() async throws {
        try await KeelsonServer.withServer { server in
            let kubectl = try Kubectl(server)
            for namespace in ["demo", "other"] {
                try await kubectl("create", "namespace", namespace)
                try await kubectl("create", "-f", "-", input: Manifests.deployment("web", namespace: namespace))
                try await kubectl("create", "-f", "-", input: Manifests.deployment("api", namespace: namespace, labels: "tier: back"))
            }
            func names(_ arguments: String...) async throws -> [String] {
                let custom = "custom-columns=NS:.metadata.namespace,NAME:.metadata.name"
                let outcome = try await kubectl.attempt(["get", "deployments", "--no-headers", "-o", custom] + arguments)
                try #require(outcome.succeeded, "\(outcome.errors)")
                return outcome.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: "/") }
            }
            #expect(try await names("--all-namespaces") == ["demo/api", "demo/web", "other/api", "other/web"])
            #expect(try await names("-n", "demo", "-l", "tier=front") == ["demo/web"])
            #expect(try await names("-A", "-l", "tier in (back),app!=web") == ["demo/api", "other/api"])
            #expect(try await names("-A", "--field-selector", "metadata.name=web") == ["demo/web", "other/web"])
            #expect(try await names("-A", "--field-selector", "metadata.namespace=other") == ["other/api", "other/web"])
            #expect(try await names("-n", "demo", "--field-selector", "metadata.namespace=other") == [])
            let unsupported = try await kubectl.failure("get", "deployments", "-A", "--field-selector", "spec.replicas=2")
            #expect(unsupported.contains("field label not supported: spec.replicas"))
            let table = try await kubectl("get", "deployments", "-A")
            #expect(table.hasPrefix("NAMESPACE   NAME   READY   UP-TO-DATE   AVAILABLE   AGE\n"), "\(table)")
        }
    }

    @Test("get --watch shows creations, changes and deletions as they happen")
    func watch() async throws {
        try await KeelsonServer.withServer { server in
            let kubectl = try Kubectl(server)
            try await kubectl("create", "namespace", "demo")
            try await kubectl("create", "-f", "-", input: Manifests.deployment("web"))
            try await kubectl.following("get", "deployments", "-n", "demo", "--watch", "--output-watch-events") { lines in
                #expect(await lines.first { $0.contains(#/^ADDED +web +0/2 /#) ? $0 : nil } != nil)
                try await kubectl("scale", "deployment", "web", "-n", "demo", "--replicas=7")
                #expect(await lines.first { $0.contains(#/^MODIFIED +web +0/7 /#) ? $0 : nil } != nil)
                try await kubectl("create", "-f", "-", input: Manifests.deployment("api"))
                #expect(await lines.first { $0.contains(#/^ADDED +api +0/2 /#) ? $0 : nil } != nil)
                try await kubectl("delete", "deployment", "web", "-n", "demo")
                #expect(await lines.first { $0.contains(#/^DELETED +web +0/7 /#) ? $0 : nil } != nil)
            }
        }
    }

    @Test("A namespace goes with everything in it, and the system's own stay")
    func namespaces() async throws {
        try await KeelsonServer.withServer { server in
            let kubectl = try Kubectl(server)
            try await kubectl("create", "namespace", "demo")
            try await kubectl("create", "configmap", "settings", "-n", "demo", "--from-literal=a=1")
            let missing = try await kubectl.failure("create", "configmap", "settings", "-n", "nowhere")
            #expect(missing.contains(#"namespaces "nowhere" not found"#))
            #expect(try await kubectl("delete", "namespace", "demo").hasPrefix("namespace \"demo\" deleted"))
            let gone = try await kubectl.failure("get", "namespace", "demo")
            #expect(gone.contains(#"namespaces "demo" not found"#))
            #expect(try await kubectl("get", "configmaps", "-A", "--no-headers", "-o", "name", "--field-selector", "metadata.namespace=demo") == "")
            #expect(try await kubectl.failure("delete", "namespace", "default").contains("Forbidden"))
        }
    }
}
