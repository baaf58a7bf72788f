//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Logging
import Registry
import Storage
import Testing

@testable import APIServer

@Suite("Watching")
struct WatchTests {
    let server = TestServer()

    @Test("A watch sends one JSON object a line: the present state, its end, changes, and an error that ends it")
    func events() async throws {
        server.gadgets.store("one")
        let response = await server.handler.respond(
            to: HTTPRequest(
                method: "GET", path: TestServer.collection, query: "watch=1&allowWatchBookmarks=true",
                headers: ["Authorization": "Bearer \(TestServer.token)"]))
        #expect(response.status == 200)
        #expect(response.headers["Content-Type"] == "application/json")
        server.gadgets.store("two")
        server.gadgets.send([
            .bookmark(ResourceVersion(12), endsInitialEvents: false),
            .failure(StorageError(.expired, message: "too old resource version: 1 (4)")),
        ])
        let answer = try await Answer(response)
        let lines = answer.text.split(separator: "\n").map(String.init)
        try #require(lines.count == 5)
        #expect(
            lines[0]
                == #"{"type":"ADDED","object":{"kind":"Gadget","apiVersion":"samples.example.com/v1","metadata":{"name":"one","namespace":"demo","#
                + #""uid":"uid-one","resourceVersion":"5","creationTimestamp":"2026-11-23T07:29:24Z"},"spec":{"replicas":1}}}"#)
        #expect(
            lines[1]
                == #"{"type":"BOOKMARK","object":{"kind":"Gadget","apiVersion":"samples.example.com/v1","metadata":{"resourceVersion":"11","#
                + #""annotations":{"k8s.io/initial-events-end":"true"}}}}"#)
        #expect(lines[2].hasPrefix(#"{"type":"ADDED","object":{"kind":"Gadget""#))
        #expect(
            lines[3]
                == #"{"type":"BOOKMARK","object":{"kind":"Gadget","apiVersion":"samples.example.com/v1","metadata":{"resourceVersion":"12"}}}"#)
        #expect(
            lines[4]
                == #"{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","#
                + #""message":"too old resource version: 1 (4)","reason":"Expired","code":410}}"#)
        #expect(server.gadgets.watcherCount == 0, "the watch must be ended in the store")
    }

    @Test("A watch ends by itself when its time is over")
    func timeout() async throws {
        let answer = try await server.send("GET", TestServer.collection + "?watch=1&timeoutSeconds=1")
        #expect(answer.status == 200)
        #expect(answer.bytes.isEmpty)
        #expect(server.gadgets.watcherCount == 0)
    }

    @Test("A watch that nobody reads is ended in the store")
    func abandoned() async throws {
        do {
            _ = await server.handler.respond(
                to: HTTPRequest(
                    method: "GET", path: TestServer.collection, query: "watch=1", headers: ["Authorization": "Bearer \(TestServer.token)"]))
        }
        #expect(server.gadgets.watcherCount == 0)
    }

    @Test("Options that contradict each other are an ordinary 422, before the stream begins")
    func invalid() async throws {
        let answer = try await server.send("GET", TestServer.collection + "?watch=1&sendInitialEvents=true&resourceVersion=1")
        #expect(answer.status == 422)
        #expect(try answer.json()["details"]?["kind"] == "ListOptions")
    }

    @Test("A watch as a table has the columns in its first event alone")
    func table() async throws {
        server.gadgets.store("one")
        server.gadgets.store("two")
        let answer = try await server.send(
            "GET", TestServer.collection + "?watch=1&timeoutSeconds=1&allowWatchBookmarks=1",
            headers: ["Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"])
        let events = try answer.lines()
        try #require(events.count == 3)
        #expect(events[0]["object"]?["kind"] == "Table")
        #expect(events[0]["object"]?["columnDefinitions"]?.arrayValue?.count == 2)
        #expect(events[1]["object"]?["columnDefinitions"] == .null)
        #expect(events[1]["object"]?["rows"]?.arrayValue?.first?["cells"] == ["two", 1])
        #expect(events[2]["type"] == "BOOKMARK")
        #expect(events[2]["object"]?["metadata"]?["resourceVersion"] == "11")
        #expect(
            events[2]["object"]?["rows"]?.arrayValue?.first?["object"]?["metadata"]?["annotations"]?["k8s.io/initial-events-end"] == "true")
    }

    @Test("A watch of metadata has nothing but metadata")
    func partial() async throws {
        server.gadgets.store("one")
        let answer = try await server.send(
            "GET", TestServer.collection + "?watch=1&timeoutSeconds=1&allowWatchBookmarks=1",
            headers: ["Accept": "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"])
        let events = try answer.lines()
        try #require(events.count == 2)
        #expect(events[0]["object"]?["kind"] == "PartialObjectMetadata")
        #expect(events[0]["object"]?["spec"] == nil)
        #expect(events[1]["object"]?["kind"] == "PartialObjectMetadata")
    }

    @Test("A watch in YAML isn't to be had")
    func yaml() async throws {
        let answer = try await server.send("GET", TestServer.collection + "?watch=1", headers: ["Accept": "application/yaml"])
        #expect(answer.status == 406)
    }

    @Test("The old path of a watch selects the name in it")
    func legacyPath() async throws {
        server.gadgets.store("one")
        let path = "/apis/samples.example.com/v1/watch/namespaces/demo/gadgets/one"
        #expect(try await server.send("GET", path + "?timeoutSeconds=1").status == 200)
        #expect(server.gadgets.received.watch?.fieldSelector.requiredValue(of: "metadata.name") == "one")
        #expect(try await server.send("GET", path + "?fieldSelector=metadata.name%3Dtwo").status == 400)
    }
}

@Suite("Framing events")
struct WatchFramingTests {
    let object = StoredObject(
        key: "/gadgets/demo/one", bytes: Array(#"{"kind":"Gadget","metadata":{"name":"one","uid":"u"}}"#.utf8), resourceVersion: ResourceVersion(3))

    func framing(_ transformation: OutputFormat.Transformation = .none) -> WatchFraming {
        WatchFraming(
            kind: GroupVersionKind(group: "g", version: "v1", kind: "Gadget"), groupResource: GroupResource(group: "g", resource: "gadgets"),
            format: OutputFormat(transformation: transformation), table: nil)
    }

    @Test("All watchers of an event share its bytes, but not those of another type or form")
    func shared() throws {
        let encodings = SharedEncodings()
        var (first, second, partial) = (framing(), framing(), framing(.partialObjectMetadata))
        let added = WatchEvent.change(WatchChange(kind: .added, object: object, encodings: encodings))
        let one = try first.frame(added)
        let two = try second.frame(added)
        #expect(one.withUnsafeBufferPointer { $0.baseAddress } == two.withUnsafeBufferPointer { $0.baseAddress }, "the same buffer, not a copy")
        #expect(String(decoding: one, as: UTF8.self).hasPrefix(#"{"type":"ADDED""#))
        let deleted = try first.frame(.change(WatchChange(kind: .deleted, object: object, encodings: encodings)))
        #expect(String(decoding: deleted, as: UTF8.self).hasPrefix(#"{"type":"DELETED""#))
        #expect(try partial.frame(added) != one)
    }

    @Test("A batch is written at once")
    func batch() async throws {
        let mailbox = WatchMailbox()
        _ = mailbox.offer((0..<50).map { _ in .change(WatchChange(kind: .added, object: object)) })
        mailbox.finish()
        let storage = CollectingWriter.Storage()
        var writer: any HTTPBodyWriter = CollectingWriter(storage: storage)
        try await WatchWriter(stream: WatchStream(source: mailbox), framing: framing(), logger: .init(label: "test"))
            .write(to: &writer, for: .seconds(60))
        #expect(storage.writes == 1)
        #expect(storage.bytes.count { $0 == UInt8(ascii: "\n") } == 50)
    }
}
