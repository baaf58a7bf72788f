//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry
import TestWaiting
import Testing

@testable import APIServer

/// Objects whose stored bytes are damaged, as clients meet them.
@Suite("Over damaged values in etcd", .timeLimit(.minutes(3)))
struct UnreadableObjectTests {
    static let key = "/configmaps/default/broken"
    static let target = Stack.configMaps + "/broken"
    static let ignore = "ignoreStoreReadErrorWithClusterBreakingPotential"
    /// No JSON, JSON that is cut short, and JSON that is no config map.
    static let damages = [
        [0xff, 0x00, 0x80], Array(#"{"kind":"ConfigMap","metadata":{"name":"broken"#.utf8),
        Array(#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"broken","namespace":"default","finalizers":["a/b"]},"data":[1]}"#.utf8),
    ]

    @Test("What nothing else can touch goes when the client says that nobody need read it, and only that", arguments: damages)
    func lastResort(_ damage: [UInt8]) async throws {
        try await Stack.with(.undecorated) { stack in
            _ = try await stack.send("POST", Stack.configMaps, Stack.configMap("whole"))
            try await stack.store(damage, at: Self.key)
            #expect(try await stack.send("DELETE", Self.target).status == 500)
            #expect(
                try await stack.send("PATCH", Self.target, #"{"data":{"a":"b"}}"#, type: "application/merge-patch+json").status == 500)
            let refused = try await stack.send("DELETE", Self.target + "?\(Self.ignore)=false")
            #expect(refused.status == 500)

            let rehearsed = try await stack.send("DELETE", Self.target + "?\(Self.ignore)=true&dryRun=All")
            #expect(rehearsed.status == 200)
            #expect(try await stack.isStored(Self.key))
            let deleted = try await stack.send("DELETE", Self.target, #"{"kind":"DeleteOptions","apiVersion":"v1","\#(Self.ignore)":true}"#)
            #expect(deleted.status == 200)
            let status = try deleted.json()
            #expect(status["status"] == "Success")
            #expect(status["details"] == ["name": "broken", "kind": "ConfigMap"])
            #expect(try await !stack.isStored(Self.key))
            #expect(try await stack.send("DELETE", Self.target + "?\(Self.ignore)=true").status == 404)
        }
    }

    @Test("What can be read isn't removed unread", arguments: ["", "&dryRun=All"])
    func readable(_ more: String) async throws {
        try await Stack.with(.undecorated) { stack in
            _ = try await stack.send("POST", Stack.configMaps, Stack.configMap("whole"))
            let answer = try await stack.send("DELETE", Stack.configMaps + "/whole?\(Self.ignore)=true" + more)
            #expect(answer.status == 409)
            let json = try answer.json()
            #expect(json["reason"] == "Conflict")
            #expect(json["message"]?.stringValue?.contains("can be read") == true)
            #expect(try await stack.send("GET", Stack.configMaps + "/whole").status == 200)
        }
    }

    @Test("A namespace that can't be read goes without being emptied")
    func namespace() async throws {
        try await Stack.with(.undecorated) { stack in
            try await stack.store(Self.damages[0], at: "/namespaces/broken")
            #expect(try await stack.send("DELETE", "/api/v1/namespaces/broken").status == 500)
            #expect(try await stack.send("DELETE", "/api/v1/namespaces/broken?\(Self.ignore)=true").status == 200)
            #expect(try await !stack.isStored("/namespaces/broken"))
            #expect(try await stack.send("DELETE", "/api/v1/namespaces/default?\(Self.ignore)=true").status == 409)
        }
    }

    @Test("Objects that can't be read are named in the answer to a list, each in a cause of its own")
    func listed() async throws {
        try await Stack.with(.undecorated) { stack in
            _ = try await stack.send("POST", Stack.configMaps, Stack.configMap("whole"))
            for name in ["a", "b"] { try await stack.store(Self.damages[0], at: "/configmaps/default/\(name)") }
            let answer = try await stack.send("GET", Stack.configMaps)
            #expect(answer.status == 500)
            let json = try answer.json()
            #expect(json["reason"] == "StorageReadError")
            let message = try #require(json["message"]?.stringValue)
            #expect(message.hasPrefix("failed to read one or more configmaps from the storage: "))
            #expect(message.hasSuffix(" (and 1 more)"))
            let causes = try #require(json["details"]?["causes"]?.arrayValue)
            #expect(causes.map { $0["field"] } == ["/configmaps/default/a", "/configmaps/default/b"])
            #expect(causes.allSatisfy { $0["reason"] == "UnexpectedServerResponse" })
            let one = try await stack.send("GET", Stack.configMaps + "/a")
            #expect(one.status == 500)
            #expect(try one.json()["reason"] == "InternalError")
            #expect(try one.json()["message"]?.stringValue?.contains("/configmaps/default/a") == true)
        }
    }

    @Test("A watcher is told that what it can't be shown was removed")
    func watched() async throws {
        try await Stack.with(.undecorated) { stack in
            try await stack.store(Self.damages[0], at: Self.key)
            let version = try await stack.send("GET", Stack.deployments).resourceVersion
            #expect(try await stack.send("DELETE", Self.target + "?\(Self.ignore)=true").status == 200)
            let events = try await stack.send("GET", Stack.configMaps + "?watch=1&timeoutSeconds=30&resourceVersion=\(version)").lines()
            try #require(events.count == 1)
            #expect(events[0]["type"] == "ERROR")
            #expect(events[0]["object"]?["code"] == 500)
            #expect(events[0]["object"]?["reason"] == "StorageReadError")
            #expect(events[0]["object"]?["message"]?.stringValue?.contains("saw a DELETED event, but object data is corrupt") == true)
        }
    }

    @Test("On a socket, through the cache, a resource that a damaged value took away comes back when the value is gone")
    func cached() async throws {
        try await Stack.with { stack in
            try await LiveServer.with(stack.handler) { live in
                _ = try await stack.send("POST", Stack.configMaps, Stack.configMap("whole"))
                try await stack.store(Self.damages[0], at: Self.key)
                // The cache won't serve a list that it knows to be incomplete, and says for the sake of which object.
                try await eventually("answer that names the damaged object") {
                    let list = try await live.curl(Stack.configMaps)
                    return list.status == 429 && list.body.contains("/configmaps/default/broken")
                }
                let json = "Content-Type: application/json"
                let deleted = try await live.curl(
                    Self.target, "--request", "DELETE", "--header", json, "--data-binary", "@-", input: #"{"\#(Self.ignore)":true}"#)
                #expect(deleted.status == 200)
                try await eventually("whole list") {
                    let list = try await live.curl(Stack.configMaps)
                    return list.status == 200 && list.body.contains("whole")
                }
            }
        }
    }

    @Test("Where the server doesn't allow it nothing is deleted unread")
    func switchedOff() async throws {
        try await Stack.with(.undecorated, allowsUnreadableDeletion: false) { stack in
            try await stack.store(Self.damages[0], at: Self.key)
            #expect(try await stack.send("DELETE", Self.target + "?\(Self.ignore)=true").status == 500)
            #expect(try await stack.isStored(Self.key))
        }
    }

    @Test("Whoever may delete needs a permission of its own to delete unread")
    func permission() async throws {
        struct NoUnsafeDeletes: Authorizer {
            func denial(of attributes: AuthorizationAttributes) async -> String? {
                attributes.verb == "unsafe-delete-ignore-read-errors" && attributes.name == "broken" ? "not even an administrator" : nil
            }
        }
        try await Stack.with(.undecorated, authorizer: NoUnsafeDeletes()) { stack in
            try await stack.store(Self.damages[0], at: Self.key)
            let answer = try await stack.send("DELETE", Self.target + "?\(Self.ignore)=true")
            #expect(answer.status == 403)
            #expect(
                try answer.json()["message"]
                    == .string(
                        #"configmaps "broken" is forbidden: not permitted to do "unsafe-delete-ignore-read-errors", "#
                            + "reason: not even an administrator"))
            #expect(try await stack.isStored(Self.key))
        }
    }
}
