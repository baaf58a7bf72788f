//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry
import Testing

@testable import APIServer

@Suite("The chain around every request")
struct ChainTests {
    let server = TestServer()

    @Test("Every response names its audit identifier and says how it may be cached")
    func headers() async throws {
        let answer = try await server.send("GET", "/apis")
        let id = try #require(answer.headers["Audit-Id"])
        #expect(id.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
        #expect(answer.headers["Cache-Control"] == "no-cache, private")
        let echoed = try await server.send("GET", "/nowhere", headers: ["Audit-ID": "mine"])
        #expect(echoed.headers["Audit-Id"] == "mine")
    }

    @Test("A random audit identifier is a version 4 UUID")
    func uuid() {
        #expect(AuditID.uuid(high: 0, low: 0) == "00000000-0000-4000-8000-000000000000")
        #expect(AuditID.uuid(high: .max, low: .max) == "ffffffff-ffff-4fff-bfff-ffffffffffff")
    }

    @Test(
        "Whoever isn't known gets 401",
        arguments: ["", "Bearer", "Bearer wrong", "Bearer a-secret-toke", "Bearer a-secret-token2", "Basic a-secret-token"])
    func unauthorized(_ authorization: String) async throws {
        let answer = try await server.send("GET", TestServer.collection, headers: ["Authorization": authorization])
        #expect(answer.status == 401)
        #expect(
            answer.text
                == #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","#
                + #""reason":"Unauthorized","code":401}"# + "\n")
    }

    @Test("The scheme's case doesn't matter")
    func scheme() async throws {
        #expect(try await server.send("GET", "/apis", headers: ["Authorization": "bearer \(TestServer.token)"]).status == 200)
    }

    @Test("An empty token is nobody's")
    func emptyToken() async {
        #expect(await StaticTokenAuthenticator(administratorTokens: [""]).authenticate(["Authorization": "Bearer "]) == nil)
    }

    @Test("Health and version can be asked by anybody", arguments: ["/healthz", "/livez", "/readyz", "/readyz/ping", "/version"])
    func open(_ path: String) async throws {
        #expect(try await server.send("GET", path, headers: ["Authorization": "none"]).status == 200)
    }

    @Test("Somebody who may not is told so in upstream's words")
    func forbidden() async throws {
        struct NoDeletes: Authorizer {
            func denial(of attributes: AuthorizationAttributes) async -> String? { attributes.verb == "delete" ? "no deletes today" : nil }
        }
        let server = TestServer(authorizer: NoDeletes())
        #expect(try await server.send("GET", TestServer.collection).status == 200)
        let answer = try await server.send("DELETE", TestServer.collection + "/one")
        #expect(answer.status == 403)
        #expect(
            try answer.json()["message"]
                == .string(
                    #"gadgets.samples.example.com "one" is forbidden: User "keelson:administrator" cannot delete resource "gadgets" in API group "#
                        + #""samples.example.com" in the namespace "demo": no deletes today"#))
    }

    @Test(
        "A path behind which there is nothing gives 404 in plain text",
        arguments: [
            "/nowhere", "/apis/samples.example.com/v1/namespaces/demo/nopes", "/apis/samples.example.com/v2/gadgets", "/apis/none", "/apis/none/v1",
            "/api/v2", "/api/v1/planets/p/status", "/api/v1/namespaces/demo/planets", "/apis/samples.example.com/v1/gadgets/one",
            "/apis/samples.example.com/v1/namespaces/demo/gadgets/one/status/more", "/openapi/v3/apis/none/v1", "/openapi",
        ])
    func notFound(_ path: String) async throws {
        let answer = try await server.send("GET", path)
        #expect(answer.status == 404)
        #expect(answer.headers["Content-Type"] == "text/plain; charset=utf-8")
        #expect(answer.text == "404 page not found\n")
    }

    @Test(
        "A verb that a resource doesn't have gives 405",
        arguments: [
            ("POST", "/api/v1/planets"), ("DELETE", "/api/v1/planets/p"), ("PATCH", "/api/v1/planets/p"), ("GET", "/api/v1/planets?watch=1"),
            ("POST", "/apis/samples.example.com/v1/gadgets"), ("DELETE", "/apis/samples.example.com/v1/gadgets"),
            ("PUT", TestServer.collection), ("POST", TestServer.collection + "/one"), ("DELETE", TestServer.collection + "/one/status"),
            ("OPTIONS", TestServer.collection),
        ])
    func methodNotAllowed(_ method: String, _ target: String) async throws {
        let answer = try await server.send(method, target, headers: ["Content-Type": "application/json"], body: "{}")
        #expect(answer.status == 405)
        #expect(try answer.json()["reason"] == "MethodNotAllowed")
    }

    @Test("A path that can't be decoded gives 400")
    func brokenPath() async throws {
        #expect(try await server.send("GET", "/apis/%zz").status == 400)
    }

    @Test("The root lists paths, for those who are known")
    func root() async throws {
        let paths = try await server.send("GET", "/").json()["paths"]?.arrayValue?.compactMap(\.stringValue) ?? []
        for path in ["/api", "/api/v1", "/apis", "/apis/samples.example.com", "/apis/samples.example.com/v1", "/readyz", "/version"] {
            #expect(paths.contains(path))
        }
    }

    @Test("A request that takes too long is cancelled and answered with 504")
    func deadline() async throws {
        let deadlines = RequestDeadlines()
        let (started, begin) = AsyncStream<Void>.makeStream()
        async let outcome = deadlines.run(until: .now) {
            begin.finish()
            // Ends only by cancellation.
            for await _ in AsyncStream<Void>(unfolding: { await Self.untilCancelled() }) {}
            return Task.isCancelled
        }
        for await _ in started {}
        deadlines.cancelOverdue(at: .now)
        let (wasCancelled, isOverdue) = await outcome
        #expect(wasCancelled)
        #expect(isOverdue)
    }

    @Test("A request that ends in time is left alone")
    func inTime() async {
        let (result, isOverdue) = await RequestDeadlines().run(until: .now + .seconds(60)) { 7 }
        #expect(result == 7)
        #expect(!isOverdue)
    }

    private static func untilCancelled() async -> Void? {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        return await withTaskCancellationHandler {
            for await _ in stream {}
            return nil
        } onCancel: {
            continuation.finish()
        }
    }

    @Test("Warnings are quoted, and cut when they are too many")
    func warnings() {
        #expect(WarningHeader.values(of: [#"a "b" \c"#, "x\ny"]) == [#"299 - "a \"b\" \\c""#, #"299 - "x y""#])
        let long = (0..<30).map { String(repeating: "\($0 % 10)", count: 1000) }
        let cut = WarningHeader.values(of: long)
        #expect(cut.count == 16)
        #expect(cut.allSatisfy { $0.count == 256 + #"299 - """#.count })
    }
}

@Suite("Metrics")
struct MetricsPathTests {
    @Test("Those who are known are told what is measured, where something is")
    func metrics() async throws {
        let server = TestServer(metrics: { "a 1\n" })
        let answer = try await server.send("GET", "/metrics")
        #expect(answer.status == 200)
        #expect(answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(answer.text == "a 1\n")
        #expect(try await server.send("GET", "/").json()["paths"]?.arrayValue?.contains("/metrics") == true)
        #expect(try await server.send("GET", "/metrics", headers: ["Authorization": "none"]).status == 401)
        #expect(try await server.send("POST", "/metrics").status == 405)
        #expect(try await TestServer().send("GET", "/metrics").status == 404)
    }
}

@Suite("Health")
struct HealthTests {
    private struct Broken: Error {}

    @Test("All is well: ok, or a line a check when asked for")
    func healthy() async throws {
        let server = TestServer(healthChecks: [HealthCheck(name: "etcd") {}])
        let short = try await server.send("GET", "/livez")
        #expect(short.text == "ok")
        #expect(short.headers["Content-Type"] == "text/plain; charset=utf-8")
        #expect(short.headers["X-Content-Type-Options"] == "nosniff")
        #expect(try await server.send("GET", "/readyz?verbose=1").text == "[+]ping ok\n[+]etcd ok\n[+]shutdown ok\nreadyz check passed\n")
        #expect(try await server.send("GET", "/livez/etcd").text == "ok")
    }

    @Test("What fails gives 500 and its name, but not why")
    func failing() async throws {
        let server = TestServer(healthChecks: [HealthCheck(name: "etcd", endpoints: [.readyz]) { throw Broken() }])
        let answer = try await server.send("GET", "/readyz")
        #expect(answer.status == 500)
        #expect(answer.text == "[+]ping ok\n[-]etcd failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n")
        #expect(try await server.send("GET", "/livez").status == 200)
        #expect(try await server.send("GET", "/readyz/etcd").status == 500)
        #expect(try await server.send("GET", "/readyz/none").status == 404)
    }

    @Test("Checks can be excluded; unknown ones are told of")
    func excluded() async throws {
        let server = TestServer(healthChecks: [HealthCheck(name: "etcd") { throw Broken() }])
        let answer = try await server.send("GET", "/livez?exclude=etcd&exclude=other&verbose")
        #expect(answer.status == 200)
        #expect(
            answer.text
                == "[+]ping ok\n[+]etcd excluded: ok\nwarn: some health checks cannot be excluded: no matches for \"other\"\nlivez check passed\n")
    }

    @Test("A server that is shutting down isn't ready, but alive")
    func shutdown() async throws {
        let server = TestServer()
        server.handler.beginShutdown()
        let answer = try await server.send("GET", "/readyz")
        #expect(answer.status == 500)
        #expect(answer.text.contains("[-]shutdown failed"))
        let refused = try await server.send("GET", TestServer.collection)
        #expect(refused.status == 503)
        #expect(refused.headers["Retry-After"] == "1")
        #expect(try await server.send("GET", "/livez").status == 200)
    }
}
