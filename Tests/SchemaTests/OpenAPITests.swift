//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import KubernetesResources
import Testing

@Suite("OpenAPI documents")
struct OpenAPITests {
    private static let allVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
    private static let deploymentKind = GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")
    private static let scaleKind = GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale")

    private static let resources = [
        OpenAPIResource(
            kind: deploymentKind, plural: "deployments", namespaced: true, verbs: allVerbs,
            subresources: [
                .init(name: "status", kind: deploymentKind, verbs: ["get", "patch", "update"]),
                .init(name: "scale", kind: scaleKind, verbs: ["get", "patch", "update"], schema: KubernetesSchemas.scale),
            ],
            schema: KubernetesSchemas.deployment),
        OpenAPIResource(
            kind: GroupVersionKind(group: "", version: "v1", kind: "Namespace"), plural: "namespaces", namespaced: false,
            verbs: ["create", "delete", "get", "list", "patch", "update", "watch"], schema: KubernetesSchemas.namespace),
        OpenAPIResource(
            kind: GroupVersionKind(group: "samples.example.com", version: "v1", kind: "Gadget"), plural: "gadgets", namespaced: true,
            verbs: allVerbs, patchTypes: ["application/merge-patch+json"]),
    ]

    private func v3(_ group: String) -> JSONValue {
        OpenAPIDocument.v3(Self.resources, groupVersion: GroupVersion(group: group, version: "v1"), title: "Kubernetes", version: "v1.34.0")
    }

    /// Follows members; a name with slashes is one member.
    private func at(_ value: JSONValue, _ path: String...) -> JSONValue? {
        path.reduce(Optional(value)) { $0?[$1] }
    }

    @Test("Every operation that discovery promises has its path and method")
    func paths() throws {
        let base = "/apis/apps/v1/namespaces/{namespace}/deployments"
        let expected = [
            "/apis/apps/v1/deployments": ["get"], base: ["delete", "get", "post"], "\(base)/{name}": ["delete", "get", "patch", "put"],
            "\(base)/{name}/scale": ["get", "patch", "put"], "\(base)/{name}/status": ["get", "patch", "put"],
        ]
        let paths = try #require(v3("apps")["paths"]?.objectValue)
        #expect(paths.keys == expected.keys.sorted())
        for path in paths {
            let methods = path.value.objectValue?.keys.filter { $0 != "parameters" }.sorted()
            #expect(methods == expected[path.key])
        }
        let core = try #require(v3("")["paths"]?.objectValue)
        #expect(core.keys == ["/api/v1/namespaces", "/api/v1/namespaces/{name}"])
    }

    @Test("PATCH says what kubectl looks for before it trusts the server's validation", arguments: ["", "apps", "samples.example.com"])
    func fieldValidation(group: String) throws {
        let paths = try #require(v3(group)["paths"]?.objectValue)
        let patches = paths.compactMap { $0.value["patch"] }
        #expect(!patches.isEmpty)
        for patch in patches {
            let names = patch["parameters"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
            #expect(Set(names).isSuperset(of: ["dryRun", "fieldManager", "fieldValidation"]))
            #expect(patch["x-kubernetes-action"] == "patch")
            #expect(patch["x-kubernetes-group-version-kind"]?["kind"]?.stringValue != nil)
        }
    }

    @Test("Operations carry upstream's IDs, actions and kinds")
    func operations() throws {
        let paths = try #require(v3("apps")["paths"])
        let base = "/apis/apps/v1/namespaces/{namespace}/deployments"
        let expected = [
            ("/apis/apps/v1/deployments", "get", "listAppsV1DeploymentForAllNamespaces", "list", "Deployment"),
            (base, "get", "listAppsV1NamespacedDeployment", "list", "Deployment"),
            (base, "post", "createAppsV1NamespacedDeployment", "post", "Deployment"),
            (base, "delete", "deleteAppsV1CollectionNamespacedDeployment", "deletecollection", "Deployment"),
            ("\(base)/{name}", "get", "readAppsV1NamespacedDeployment", "get", "Deployment"),
            ("\(base)/{name}", "put", "replaceAppsV1NamespacedDeployment", "put", "Deployment"),
            ("\(base)/{name}/scale", "patch", "patchAppsV1NamespacedDeploymentScale", "patch", "Scale"),
            ("\(base)/{name}/status", "get", "readAppsV1NamespacedDeploymentStatus", "get", "Deployment"),
        ]
        for (path, method, id, action, kind) in expected {
            let operation = try #require(at(paths, path, method))
            #expect(operation["operationId"] == .string(id))
            #expect(operation["x-kubernetes-action"] == .string(action))
            #expect(operation["x-kubernetes-group-version-kind"]?["kind"] == .string(kind))
        }
        let body = at(paths, base, "post", "requestBody", "content", "application/json", "schema")
        #expect(body == ["$ref": "#/components/schemas/io.k8s.api.apps.v1.Deployment"])
        let types = at(paths, "\(base)/{name}", "patch", "requestBody", "content")?.objectValue?.keys
        #expect(types == OpenAPIResource.typedPatchTypes)
        let name = at(paths, "\(base)/{name}", "parameters")?.arrayValue?.first
        #expect(name?["name"] == "name")
        #expect(name?["in"] == "path")
        #expect(name?["required"] == true)
    }

    @Test("Types carry what strategic merge patches and server-side apply need")
    func extensions() throws {
        let schemas = try #require(at(v3("apps"), "components", "schemas"))
        let containers = try #require(at(schemas, "io.k8s.api.core.v1.PodSpec", "properties", "containers"))
        #expect(containers["x-kubernetes-patch-merge-key"] == "name")
        #expect(containers["x-kubernetes-patch-strategy"] == "merge")
        #expect(containers["x-kubernetes-list-type"] == "map")
        #expect(containers["x-kubernetes-list-map-keys"] == ["name"])
        #expect(containers["items"] == ["allOf": [["$ref": "#/components/schemas/io.k8s.api.core.v1.Container"]], "default": [:]])
        let volumes = at(schemas, "io.k8s.api.core.v1.PodSpec", "properties", "volumes")
        #expect(volumes?["x-kubernetes-patch-strategy"] == "merge,retainKeys")
        let strategy = try #require(at(schemas, "io.k8s.api.apps.v1.DeploymentSpec", "properties", "strategy"))
        #expect(strategy["x-kubernetes-patch-strategy"] == "retainKeys")
        #expect(strategy["allOf"] == [["$ref": "#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy"]])
        let deployment = try #require(at(schemas, "io.k8s.api.apps.v1.Deployment"))
        #expect(deployment["x-kubernetes-group-version-kind"] == [["group": "apps", "kind": "Deployment", "version": "v1"]])
        #expect(at(schemas, "io.k8s.api.apps.v1.DeploymentSpec", "required") == ["selector", "template"])
        #expect(at(schemas, "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", "x-kubernetes-map-type") == "atomic")
        #expect(at(schemas, "io.k8s.api.apps.v1.DeploymentList", "required") == ["items"])
        #expect(at(schemas, "io.k8s.api.core.v1.ContainerPort", "properties", "protocol", "enum") == ["SCTP", "TCP", "UDP"])
        #expect(at(schemas, "io.k8s.api.core.v1.ContainerPort", "properties", "protocol", "default") == "TCP")
    }

    @Test("Every reference has its definition", arguments: ["apps", "", "samples.example.com"])
    func references(group: String) throws {
        let document = v3(group)
        let schemas = try #require(at(document, "components", "schemas")?.objectValue)
        let names = Set(schemas.keys)
        let references = Self.references(in: document)
        #expect(!references.isEmpty)
        for reference in references {
            #expect(names.contains(String(reference.dropFirst("#/components/schemas/".count))), "\(reference)")
        }
        #expect(schemas.allSatisfy { $0.value.objectValue != nil })
    }

    @Test("Objects of any shape are open, under a name of their own")
    func schemaless() throws {
        let schemas = try #require(at(v3("samples.example.com"), "components", "schemas"))
        let gadget = try #require(at(schemas, "com.example.samples.v1.Gadget"))
        #expect(gadget["x-kubernetes-preserve-unknown-fields"] == true)
        #expect(gadget["x-kubernetes-group-version-kind"] == [["group": "samples.example.com", "kind": "Gadget", "version": "v1"]])
        #expect(at(schemas, "com.example.samples.v1.GadgetList") != nil)
    }

    @Test("Version 2 says the same in its own words")
    func swagger() throws {
        let document = OpenAPIDocument.v2(Self.resources, title: "Kubernetes", version: "v1.34.0")
        #expect(document["swagger"] == "2.0")
        #expect(document["paths"]?.objectValue?.count == 5 + 2 + 3)
        let path = "/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
        let parameters = at(document, "paths", path, "patch", "parameters")?.arrayValue ?? []
        #expect(parameters.first?["in"] == "body")
        #expect(parameters.contains { $0["name"] == "fieldValidation" && $0["type"] == "string" })
        let spec = at(document, "definitions", "io.k8s.api.apps.v1.Deployment", "properties", "spec")
        #expect(spec?["$ref"] == "#/definitions/io.k8s.api.apps.v1.DeploymentSpec")
        let names = Set(document["definitions"]?.objectValue?.keys ?? [])
        let dangling = Self.references(in: document).filter { !names.contains(String($0.dropFirst("#/definitions/".count))) }
        #expect(dangling.isEmpty)
    }

    private static func references(in value: JSONValue) -> Set<String> {
        switch value {
        case .object(let object):
            object.reduce(into: []) { found, member in
                if member.key == "$ref", let text = member.value.stringValue { found.insert(text) }
                found.formUnion(references(in: member.value))
            }
        case .array(let array): array.reduce(into: []) { $0.formUnion(references(in: $1)) }
        default: []
        }
    }
}
