//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@testable import APIServer

@Suite("Over the real stack", .timeLimit(.minutes(3)))
struct StackTests {
    @Test("An object lives: created, taken, read, changed, conflicted with, deleted, missed")
    func lifecycle() async throws {
        try await Stack.with { stack in
            let created = try await stack.send("POST", Stack.deployments, Stack.deployment("web"))
            #expect(created.status == 201)
            let again = try await stack.send("POST", Stack.deployments, Stack.deployment("web"))
            #expect(again.status == 409)
            #expect(try again.json()["message"] == #"deployments.apps "web" already exists"#)
            let read = try await stack.send("GET", Stack.deployments + "/web")
            #expect(read.bytes == created.bytes)
            let changed = try await stack.send(
                "PATCH", Stack.deployments + "/web", #"{"spec":{"replicas":3}}"#, type: "application/merge-patch+json")
            #expect(changed.status == 200)
            #expect(try changed.json()["metadata"]?["generation"] == 2)
            let stale = try await stack.send("PUT", Stack.deployments + "/web", read.text)
            #expect(stale.status == 409)
            #expect(
                try stale.json()["message"]
                    == .string(
                        #"Operation cannot be fulfilled on deployments.apps "web": the object has been modified; "#
                            + "please apply your changes to the latest version and try again"))
            let deleted = try await stack.send("DELETE", Stack.deployments + "/web")
            #expect(deleted.status == 200)
            #expect(try deleted.json()["details"]?["uid"] == read.json()["metadata"]?["uid"])
            #expect(try await stack.send("GET", Stack.deployments + "/web").status == 404)
        }
    }

    @Test("A patch that changes nothing writes nothing")
    func unchanged() async throws {
        try await Stack.with { stack in
            let created = try await stack.send("POST", Stack.configMaps, Stack.configMap("one"))
            let patched = try await stack.send(
                "PATCH", Stack.configMaps + "/one", #"{"data":{"key":"1"}}"#, type: "application/strategic-merge-patch+json")
            #expect(try patched.resourceVersion == created.resourceVersion)
        }
    }

    @Test("Patches that meet each other all take effect, and none is a conflict")
    func concurrentPatches() async throws {
        try await Stack.with { stack in
            _ = try await stack.send("POST", Stack.configMaps, Stack.configMap("one"))
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<12 {
                    group.addTask {
                        try await stack.send(
                            "PATCH", Stack.configMaps + "/one", #"{"data":{"k\#(number)":"v"}}"#, type: "application/merge-patch+json"
                        ).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 200, count: 12))
            let data = try await stack.send("GET", Stack.configMaps + "/one").json()["data"]?.objectValue
            #expect(data?.count == 13)
        }
    }

    @Test("Status and scale are changed on their own")
    func subresources() async throws {
        try await Stack.with { stack in
            _ = try await stack.send("POST", Stack.deployments, Stack.deployment("web"))
            let merge = "application/merge-patch+json"
            let status = try await stack.send(
                "PATCH", Stack.deployments + "/web/status", #"{"status":{"replicas":1},"spec":{"replicas":9}}"#, type: merge)
            #expect(try status.json()["status"]?["replicas"] == 1)
            #expect(try status.json()["spec"]?["replicas"] == 1)
            let scale = try await stack.send("GET", Stack.deployments + "/web/scale").json()
            #expect(scale["kind"] == "Scale")
            #expect(scale["apiVersion"] == "autoscaling/v1")
            let scaled = try await stack.send("PATCH", Stack.deployments + "/web/scale", #"{"spec":{"replicas":5}}"#, type: merge)
            #expect(try scaled.json()["spec"] == ["replicas": 5])
            #expect(try await stack.send("GET", Stack.deployments + "/web").json()["spec"]?["replicas"] == 5)
        }
    }

    @Test("An invalid object gives 422 with every field that is wrong")
    func invalid() async throws {
        try await Stack.with { stack in
            let answer = try await stack.send("POST", Stack.deployments, Stack.deployment("Web", replicas: -1))
            #expect(answer.status == 422)
            let details = try #require(try answer.json()["details"])
            #expect(details["kind"] == "Deployment")
            #expect(details["causes"]?.arrayValue?.isEmpty == false)
        }
    }

    @Test("A dry run answers as if, and stores nothing")
    func dryRun() async throws {
        try await Stack.with { stack in
            let answer = try await stack.send("POST", Stack.configMaps + "?dryRun=All", Stack.configMap("one"))
            #expect(answer.status == 201)
            #expect(try answer.resourceVersion.isEmpty)
            #expect(try await stack.send("GET", Stack.configMaps + "/one").status == 404)
        }
    }

    @Test("Pages follow each other at one version, whatever is written meanwhile")
    func pages() async throws {
        try await Stack.with { stack in
            for number in 0..<5 { _ = try await stack.send("POST", Stack.configMaps, Stack.configMap("c\(number)")) }
            var names: [String] = []
            var target = Stack.configMaps + "?limit=2"
            var version: String?
            while true {
                let page = try await stack.send("GET", target)
                let json = try page.json()
                names += json["items"]?.arrayValue?.compactMap { $0["metadata"]?["name"]?.stringValue } ?? []
                #expect(try version == nil || version == page.resourceVersion)
                version = try page.resourceVersion
                guard let token = json["metadata"]?["continue"]?.stringValue, !token.isEmpty else { break }
                _ = try await stack.send("POST", Stack.configMaps, Stack.configMap("b\(names.count)"))
                target = Stack.configMaps + "?limit=2&continue=\(token)"
            }
            #expect(names == ["c0", "c1", "c2", "c3", "c4"])
        }
    }

    @Test("A version from the future gives 504 with the cause that clients look for")
    func future() async throws {
        try await Stack.with { stack in
            let answer = try await stack.send("GET", Stack.configMaps + "?resourceVersion=999999999")
            #expect(answer.status == 504)
            #expect(answer.headers["Retry-After"] == "1")
            #expect(try answer.json()["details"]?["causes"]?.arrayValue?.first?["reason"] == "ResourceVersionTooLarge")
        }
    }

    @Test("Selectors select, in lists and in watches")
    func selectors() async throws {
        try await Stack.with { stack in
            _ = try await stack.send("POST", Stack.deployments, Stack.deployment("one"))
            _ = try await stack.send("POST", Stack.deployments, Stack.deployment("two"))
            func names(_ query: String) async throws -> [String?] {
                try await stack.send("GET", Stack.deployments + "?" + query).json()["items"]?.arrayValue?
                    .map { $0["metadata"]?["name"]?.stringValue } ?? []
            }
            #expect(try await names("labelSelector=app%3Dweb") == ["one", "two"])
            #expect(try await names("labelSelector=app%3Dother").isEmpty)
            #expect(try await names("fieldSelector=metadata.name%3Dtwo") == ["two"])
            #expect(try await stack.send("GET", Stack.deployments + "?fieldSelector=spec.replicas%3D1").status == 400)
            let watch = try await stack.send(
                "GET", Stack.deployments + "?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Dtwo")
            #expect(try watch.lines().map { $0["object"]?["metadata"]?["name"] } == ["two"])
        }
    }

    @Test("A watch from a list sees every change after it, in order, and bookmarks where it is")
    func watch() async throws {
        try await Stack.with { stack in
            let version = try await stack.send("GET", Stack.configMaps).resourceVersion
            _ = try await stack.send("POST", Stack.configMaps, Stack.configMap("one"))
            _ = try await stack.send("PATCH", Stack.configMaps + "/one", #"{"data":{"key":"2"}}"#, type: "application/merge-patch+json")
            _ = try await stack.send("DELETE", Stack.configMaps + "/one")
            let answer = try await stack.send(
                "GET", Stack.configMaps + "?watch=1&timeoutSeconds=2&resourceVersion=\(version)&allowWatchBookmarks=true")
            let events = try answer.lines()
            #expect(events.prefix(3).map { $0["type"] } == ["ADDED", "MODIFIED", "DELETED"])
            #expect(events.prefix(3).map { $0["object"]?["data"]?["key"] } == ["1", "2", "2"])
            #expect(events.dropFirst(3).allSatisfy { $0["type"] == "BOOKMARK" })
        }
    }

    @Test("A watch-list sends the present state and says where it ends")
    func watchList() async throws {
        try await Stack.with { stack in
            for number in 0..<3 { _ = try await stack.send("POST", Stack.configMaps, Stack.configMap("c\(number)")) }
            let answer = try await stack.send(
                "GET",
                Stack.configMaps + "?watch=1&timeoutSeconds=2&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true")
            let events = try answer.lines()
            try #require(events.count >= 4)
            #expect(events.prefix(3).map { $0["object"]?["metadata"]?["name"] } == ["c0", "c1", "c2"])
            #expect(events[3]["type"] == "BOOKMARK")
            #expect(events[3]["object"]?["metadata"]?["annotations"]?["k8s.io/initial-events-end"] == "true")
        }
    }

    @Test("A watch from a version that is no longer kept is a stream of one error")
    func expired() async throws {
        // Writes of the first stack see to it that the caches of the second one begin at a later version.
        try await Stack.with { _ in
            try await Stack.with { stack in
                let answer = try await stack.send("GET", Stack.configMaps + "?watch=1&timeoutSeconds=5&resourceVersion=1")
                #expect(answer.status == 200)
                let events = try answer.lines()
                try #require(events.count == 1)
                #expect(events[0]["type"] == "ERROR")
                #expect(events[0]["object"]?["code"] == 410)
                #expect(events[0]["object"]?["reason"] == "Expired")
            }
        }
    }

    @Test("A collection that is deleted takes what is selected, and nothing else")
    func deleteCollection() async throws {
        try await Stack.with { stack in
            _ = try await stack.send("POST", Stack.deployments, Stack.deployment("one"))
            _ = try await stack.send("POST", Stack.configMaps, Stack.configMap("one"))
            let deleted = try await stack.send("DELETE", Stack.deployments + "?labelSelector=app%3Dweb")
            #expect(deleted.status == 200)
            #expect(try deleted.json()["kind"] == "DeploymentList")
            #expect(try await stack.send("GET", Stack.deployments).json()["items"] == [])
            #expect(try await stack.send("GET", Stack.configMaps + "/one").status == 200)
        }
    }

    @Test("A server-side table shows what people want to see")
    func table() async throws {
        try await Stack.with { stack in
            _ = try await stack.send("POST", Stack.deployments, Stack.deployment("web", replicas: 2))
            let table = try await stack.send("GET", Stack.deployments, accept: "application/json;as=Table;v=v1;g=meta.k8s.io").json()
            #expect(table["columnDefinitions"]?.arrayValue?.prefix(2).map { $0["name"] } == ["Name", "Ready"])
            #expect(table["rows"]?.arrayValue?.first?["cells"]?.arrayValue?.prefix(2) == ["web", "0/2"])
        }
    }

    @Test("Nothing can be made in a namespace that isn't there")
    func missingNamespace() async throws {
        try await Stack.with { stack in
            let answer = try await stack.send("POST", "/api/v1/namespaces/nowhere/configmaps", Stack.configMap("one"))
            #expect(answer.status == 404)
            #expect(try answer.json()["message"] == #"namespaces "nowhere" not found"#)
        }
    }

    @Test("Every served group version has a schema, which tells clients that fields are validated")
    func openAPI() async throws {
        try await Stack.with { stack in
            let paths = try await stack.send("GET", "/openapi/v3").json()["paths"]?.objectValue ?? [:]
            #expect(paths.keys == ["api/v1", "apis/apps/v1"])
            let url = try #require(paths["apis/apps/v1"]?["serverRelativeURL"]?.stringValue)
            let document = try await stack.send("GET", url)
            #expect(document.headers["Cache-Control"] == "public, immutable")
            let patch = try document.json()["paths"]?["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]?["patch"]
            #expect(patch?["parameters"]?.arrayValue?.contains { $0["name"] == "fieldValidation" } == true)
            let stale = try await stack.send("GET", "/openapi/v3/apis/apps/v1?hash=OLD")
            #expect(stale.status == 301)
            #expect(stale.headers["Location"] == url)
            #expect(try await stack.send("GET", "/openapi/v2").json()["swagger"] == "2.0")
        }
    }

    @Test("On a socket, a watch over HTTP/2 sees what is written over HTTP/1.1")
    func socket() async throws {
        try await Stack.with { stack in
            try await LiveServer.with(stack.handler) { live in
                let version = try await stack.send("GET", Stack.configMaps).resourceVersion
                try await live.follow(Stack.configMaps + "?watch=1&resourceVersion=\(version)", version: "--http2") { lines in
                    for number in 0..<3 {
                        let created = try await live.curl(
                            Stack.configMaps, "--header", "Content-Type: application/json", "--data-binary", "@-",
                            input: Stack.configMap("c\(number)"))
                        #expect(created.status == 201)
                        let line = try #require(await lines.next())
                        #expect(try JSONValue(parsing: Array(line.utf8))["object"]?["metadata"]?["name"] == .string("c\(number)"))
                    }
                }
            }
        }
    }
}
