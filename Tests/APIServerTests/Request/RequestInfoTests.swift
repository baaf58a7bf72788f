//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@testable import APIServer

@Suite("What a URL asks for")
struct RequestInfoTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var method = "GET"
        var path: String
        var query = ""
        var verb: String
        var group = ""
        var version = "v1"
        var namespace = ""
        var resource = ""
        var name = ""
        var subresource = ""
        var testDescription: String { "\(method) \(path)?\(query)" }
    }

    static let resourceRequests: [Case] = [
        Case(path: "/api/v1/namespaces", verb: "list", resource: "namespaces"),
        Case(path: "/api/v1/namespaces/other", verb: "get", namespace: "other", resource: "namespaces", name: "other"),
        Case(path: "/api/v1/namespaces/other/pods", verb: "list", namespace: "other", resource: "pods"),
        Case(path: "/api/v1/namespaces/other/pods/foo", verb: "get", namespace: "other", resource: "pods", name: "foo"),
        Case(method: "HEAD", path: "/api/v1/namespaces/other/pods/foo", verb: "get", namespace: "other", resource: "pods", name: "foo"),
        Case(path: "/api/v1/pods", verb: "list", resource: "pods"),
        Case(path: "/api/v1/pods", query: "watch=true", verb: "watch", resource: "pods"),
        Case(path: "/api/v1/pods", query: "watch", verb: "watch", resource: "pods"),
        Case(path: "/api/v1/pods", query: "watch=1", verb: "watch", resource: "pods"),
        Case(path: "/api/v1/pods", query: "watch=false", verb: "list", resource: "pods"),
        Case(path: "/api/v1/watch/pods", verb: "watch", resource: "pods"),
        Case(path: "/api/v1/watch/namespaces/other/pods", verb: "watch", namespace: "other", resource: "pods"),
        Case(path: "/api/v1/watch/namespaces/other/pods/foo", verb: "watch", namespace: "other", resource: "pods", name: "foo"),
        Case(
            path: "/api/v1/namespaces/other/pods/foo/status", verb: "get", namespace: "other", resource: "pods", name: "foo", subresource: "status"),
        Case(
            method: "PUT", path: "/api/v1/namespaces/other/finalize", verb: "update", namespace: "other", resource: "namespaces", name: "other",
            subresource: "finalize"),
        Case(path: "/api/v1/namespaces/other/status", verb: "get", namespace: "other", resource: "namespaces", name: "other", subresource: "status"),
        Case(method: "POST", path: "/api/v1/namespaces/other/pods", verb: "create", namespace: "other", resource: "pods"),
        Case(method: "PUT", path: "/api/v1/namespaces/other/pods/foo", verb: "update", namespace: "other", resource: "pods", name: "foo"),
        Case(method: "PATCH", path: "/api/v1/namespaces/other/pods/foo", verb: "patch", namespace: "other", resource: "pods", name: "foo"),
        Case(method: "DELETE", path: "/api/v1/namespaces/other/pods/foo", verb: "delete", namespace: "other", resource: "pods", name: "foo"),
        Case(method: "DELETE", path: "/api/v1/namespaces/other/pods", verb: "deletecollection", namespace: "other", resource: "pods"),
        Case(path: "/apis/apps/v1/deployments", verb: "list", group: "apps", resource: "deployments"),
        Case(
            path: "/apis/apps/v1/namespaces/d/deployments/web/scale", verb: "get", group: "apps", namespace: "d", resource: "deployments",
            name: "web", subresource: "scale"),
        Case(path: "/apis/apps/v1/namespaces/d/deployments/", verb: "list", group: "apps", namespace: "d", resource: "deployments"),
        Case(method: "OPTIONS", path: "/api/v1/pods", verb: "", resource: "pods"),
    ]

    @Test("A resource path gives verb, group, version, namespace, resource, name and subresource", arguments: resourceRequests)
    func resource(_ expected: Case) {
        let info = RequestInfo(method: expected.method, path: expected.path, query: QueryParameters(parsing: expected.query))
        #expect(info.isResourceRequest)
        #expect(info.verb == expected.verb)
        #expect(info.groupVersion == GroupVersion(group: expected.group, version: expected.version))
        #expect(info.namespace == expected.namespace)
        #expect(info.resource == expected.resource)
        #expect(info.name == expected.name)
        #expect(info.subresource == expected.subresource)
        #expect(info.remainder.isEmpty)
    }

    @Test(
        "A path without a resource isn't a resource request",
        arguments: ["/", "/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1", "/healthz", "/version", "/a/b/c/d", "/openapi/v3/apis/apps/v1"])
    func nonResource(_ path: String) {
        let info = RequestInfo(method: "GET", path: path, query: QueryParameters())
        #expect(!info.isResourceRequest)
        #expect(info.verb == "get")
        #expect(info.path == path)
    }

    @Test("What is left behind a subresource is kept, so that it can be refused")
    func remainder() {
        let info = RequestInfo(method: "GET", path: "/api/v1/namespaces/n/pods/p/proxy/a/b", query: QueryParameters())
        #expect(info.subresource == "proxy")
        #expect(info.remainder == ["a", "b"])
    }
}
