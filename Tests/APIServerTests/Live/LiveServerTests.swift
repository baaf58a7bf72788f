//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Foundation
import Logging
import TestWaiting
import Testing

@testable import APIServer

@Suite("On a TLS socket", .timeLimit(.minutes(2)))
struct LiveServerTests {
    static let versions = ["--http1.1", "--http2"]
    let server = TestServer()

    @Test("Both protocols are spoken", arguments: zip(versions, ["HTTP/1.1 200", "HTTP/2 200"]))
    func protocols(_ version: String, _ expected: String) async throws {
        try await LiveServer.with(server.handler) { live in
            let answer = try await live.curl("/version", version: version)
            #expect(answer.head.hasPrefix(expected))
            #expect(answer.head.lowercased().contains("\r\ndate: "))
            #expect(try JSONValue(parsing: Array(answer.body.utf8))["major"] == "1")
        }
    }

    @Test("An object is made, read, listed and deleted", arguments: versions)
    func lifecycle(_ version: String) async throws {
        try await LiveServer.with(server.handler) { live in
            let body = #"{"metadata":{"name":"one","namespace":"demo"}}"#
            let created = try await live.curl(
                TestServer.collection, "--header", "Content-Type: application/json", "--data-binary", "@-", version: version, input: body)
            #expect(created.status == 201)
            #expect(try await live.curl(TestServer.collection + "/one", version: version).status == 200)
            #expect(try await live.curl(TestServer.collection + "/one", "--head", version: version).body.isEmpty)
            let deleted = try await live.curl(TestServer.collection + "/one", "--request", "DELETE", version: version)
            #expect(deleted.status == 200)
            #expect(try await live.curl(TestServer.collection + "/one", version: version).status == 404)
        }
    }

    @Test("A list of many megabytes arrives whole", arguments: versions)
    func largeList(_ version: String) async throws {
        let filler = String(repeating: "x", count: 20_000)
        for number in 0..<300 { server.gadgets.store("g\(number)", spec: #"{"replicas":1,"title":"\#(filler)"}"#) }
        try await LiveServer.with(server.handler) { live in
            let list = try await live.curl(TestServer.collection + "?pretty=0", version: version)
            #expect(try JSONValue(parsing: Array(list.body.utf8))["items"]?.arrayValue?.count == 300)
        }
    }

    @Test("A body over the limit gives 413, whether its length is known or not", arguments: versions)
    func tooLarge(_ version: String) async throws {
        try await LiveServer.with(server.handler) { live in
            let body = String(repeating: "x", count: 3 * 1024 * 1024 + 1)
            let answer = try await live.curl(
                TestServer.collection, "--header", "Content-Type: application/json", "--header", "Expect:", "--data-binary", "@-",
                version: version, input: body)
            #expect(answer.status == 413)
        }
    }

    @Test("A client that waits for permission to send its body gets it")
    func expectContinue() async throws {
        try await LiveServer.with(server.handler) { live in
            let answer = try await live.curl(
                TestServer.collection, "--header", "Content-Type: application/json", "--header", "Expect: 100-continue", "--data-binary", "@-",
                input: #"{"metadata":{"name":"one"}}"#)
            #expect(answer.status == 100, "the permission is the first head that curl shows")
            #expect(answer.body.contains("HTTP/1.1 201"))
        }
    }

    @Test("Events arrive while the watch goes on, and the watch ends when the client leaves", arguments: versions)
    func watch(_ version: String) async throws {
        let gadgets = server.gadgets
        try await LiveServer.with(server.handler) { live in
            try await live.follow(TestServer.collection + "?watch=1&resourceVersion=4", version: version) { lines in
                try await eventually("the watch") { gadgets.watcherCount == 1 }
                for number in 0..<3 {
                    gadgets.store("g\(number)")
                    let line = try #require(await lines.next())
                    #expect(try JSONValue(parsing: Array(line.utf8))["object"]?["metadata"]?["name"] == .string("g\(number)"))
                }
            }
            try await eventually("the end of the watch") { gadgets.watcherCount == 0 }
        }
    }

    @Test("The head of a watch arrives before any event")
    func watchHead() async throws {
        try await LiveServer.with(server.handler) { live in
            try await live.follow(TestServer.collection + "?watch=1&resourceVersion=4", "--verbose") { lines in
                while let line = await lines.next(), !line.hasPrefix("< HTTP/1.1 200") {}
            }
        }
    }

    @Test("A watch whose time is over ends without an error", arguments: versions)
    func watchTimeout(_ version: String) async throws {
        try await LiveServer.with(server.handler) { live in
            let answer = try await live.curl(TestServer.collection + "?watch=1&resourceVersion=4&timeoutSeconds=1", version: version)
            #expect(answer.status == 200)
            #expect(answer.body.isEmpty)
        }
    }

    @Test("A client that reads three kilobytes a second doesn't hold up others", arguments: versions)
    func slowClient(_ version: String) async throws {
        let gadgets = server.gadgets
        let filler = String(repeating: "x", count: 10_000)
        try await LiveServer.with(server.handler) { live in
            let path = TestServer.collection + "?watch=1&resourceVersion=4"
            try await live.follow(path, "--limit-rate", "3k", version: version) { _ in
                try await live.follow(path, version: version) { lines in
                    try await eventually("both watches") { gadgets.watcherCount == 2 }
                    for number in 0..<300 { gadgets.store("g\(number)", spec: #"{"title":"\#(filler)"}"#) }
                    // At the pace of the slow one this would take a quarter of an hour.
                    for number in 0..<300 {
                        let line = try #require(await lines.next())
                        #expect(line.contains(#""name":"g\#(number)""#))
                    }
                }
            }
            try await eventually("the end of the watches") { gadgets.watcherCount == 0 }
        }
    }

    @Test("Shutting down ends watches, and the server", arguments: versions)
    func shutdown(_ version: String) async throws {
        let gadgets = server.gadgets
        try await LiveServer.with(server.handler) { live in
            try await live.follow(TestServer.collection + "?watch=1&resourceVersion=4", version: version) { lines in
                try await eventually("the watch") { gadgets.watcherCount == 1 }
                await live.shutDown()
                let line = await lines.next()
                #expect(line == nil, "the stream must end without an error")
            }
            try await eventually("the end of the watch") { gadgets.watcherCount == 0 }
        }
    }

    @Test("A client that doesn't read is cut off when the server is to stop", arguments: versions)
    func cutOff(_ version: String) async throws {
        let gadgets = server.gadgets
        let filler = String(repeating: "x", count: 100_000)
        try await LiveServer.with(server.handler, shutdownPatience: .seconds(1)) { live in
            try await live.follow(TestServer.collection + "?watch=1&resourceVersion=4", "--limit-rate", "1k", version: version) { _ in
                try await eventually("the watch") { gadgets.watcherCount == 1 }
                // More than sockets and pipes hold.
                for number in 0..<200 { gadgets.store("g\(number)", spec: #"{"title":"\#(filler)"}"#) }
                await live.shutDown()
                try await eventually("the end of the watch") { gadgets.watcherCount == 0 }
            }
        }
    }

    @Test("A certificate that can't be read stops the server from starting")
    func badCertificate() async throws {
        let api = APIServer(
            configuration: .init(port: 0, tls: ServerTLS(certificateChain: .bytes([1]), privateKey: .bytes([1]))), handler: server.handler,
            logger: .init(label: "test"))
        await #expect(throws: (any Error).self) { try await api.run() }
    }
}
