//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What the server says to requests that can't be served.
@Suite("Errors over HTTPS", .serialized, .timeLimit(.minutes(5)))
struct ErrorAnswerTests {
    struct Case: Sendable {
        let name: String
        let method: String
        let path: String
        var body: String?
        var contentType = "application/json"
        let code: Int
        let reason: String
        let message: String
    }

    private static let deployments = "/apis/apps/v1/namespaces/demo/deployments"

    private static let cases: [Case] = [
        Case(name: "malformed body", method: "POST", path: deployments, body: "{\"kind\":", code: 400, reason: "BadRequest", message: ""),
        Case(
            name: "wrong kind", method: "POST", path: deployments, body: #"{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"x"}}"#,
            code: 400, reason: "BadRequest", message: "StatefulSet"),
        Case(
            name: "wrong version", method: "POST", path: deployments, body: #"{"apiVersion":"v1","kind":"Deployment","metadata":{"name":"x"}}"#,
            code: 400, reason: "BadRequest",
            message: "the API version in the data (v1) does not match the expected API version (apps/v1)"),
        Case(name: "no such method", method: "PUT", path: deployments, body: "{}", code: 405, reason: "MethodNotAllowed", message: ""),
        Case(
            name: "bad label selector", method: "GET", path: deployments + "?labelSelector=a%20in%20b", code: 400, reason: "BadRequest",
            message: "unable to parse requirement"),
        Case(
            name: "bad field selector", method: "GET", path: deployments + "?fieldSelector=spec.paused%3Dtrue", code: 400, reason: "BadRequest",
            message: "field label not supported: spec.paused"),
        Case(name: "malformed version", method: "GET", path: deployments + "?resourceVersion=new", code: 400, reason: "", message: "new"),
        Case(
            name: "version of the future", method: "GET", path: deployments + "?resourceVersion=999999999", code: 504, reason: "Timeout",
            message: "Too large resource version: 999999999"),
        Case(
            name: "largest version there is", method: "GET", path: deployments + "?resourceVersion=18446744073709551615", code: 504,
            reason: "Timeout", message: "Too large resource version: 18446744073709551615"),
        Case(
            name: "broken escape in a selector", method: "DELETE", path: deployments + "?labelSelector=a%3Db%zz", code: 400,
            reason: "BadRequest", message: "percent escape"),
        Case(
            name: "malformed continue token", method: "GET", path: deployments + "?limit=1&continue=zzz", code: 400, reason: "BadRequest",
            message: "continue"),
        Case(
            name: "unknown media type", method: "POST", path: deployments, body: "x", contentType: "text/plain", code: 415,
            reason: "UnsupportedMediaType", message: "application/json"),
        Case(
            name: "stale update", method: "PUT", path: "/api/v1/namespaces/demo/configmaps/settings",
            body: #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","resourceVersion":"1"},"data":{"a":"2"}}"#, code: 409,
            reason: "Conflict", message: "the object has been modified; please apply your changes to the latest version and try again"),
        Case(
            name: "other name in the body", method: "PUT", path: "/api/v1/namespaces/demo/configmaps/settings",
            body: #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"other"}}"#, code: 400, reason: "BadRequest", message: "other"),
        Case(
            name: "invalid object", method: "POST", path: "/api/v1/namespaces/demo/configmaps",
            body: #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"Not_A_Name"}}"#, code: 422, reason: "Invalid",
            message: #"ConfigMap "Not_A_Name" is invalid: metadata.name"#),
        Case(
            name: "patch that doesn't apply", method: "PATCH", path: "/api/v1/namespaces/demo/configmaps/settings",
            body: #"[{"op":"remove","path":"/data/nothing"}]"#, contentType: "application/json-patch+json", code: 422, reason: "Invalid", message: ""),
    ]

    @Test("Each bad request gets the code and reason that upstream gives")
    func badRequests() async throws {
        try await KeelsonServer.withServer { server in
            let kubectl = try Kubectl(server)
            try await kubectl("create", "namespace", "demo")
            try await kubectl("create", "configmap", "settings", "-n", "demo", "--from-literal=a=1")
            let token = try String(contentsOfFile: server.dataDirectory + "/token", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)

            for test in Self.cases {
                let answer = try await HTTPExchange.send(
                    test.method, test.path, to: server, token: token, body: test.body, contentType: test.contentType)
                #expect(answer.code == test.code, "\(test.name): \(answer.body)")
                let status = try answer.json
                #expect(status["kind"] as? String == "Status" && status["status"] as? String == "Failure", "\(test.name): \(answer.body)")
                #expect(status["code"] as? Int == test.code, "\(test.name)")
                if !test.reason.isEmpty { #expect(status["reason"] as? String == test.reason, "\(test.name): \(answer.body)") }
                let message = status["message"] as? String ?? ""
                #expect(test.message.isEmpty ? !message.isEmpty : message.contains(test.message), "\(test.name): \(answer.body)")
            }

            let watch = Self.deployments + "?watch=true&resourceVersion=18446744073709551615&timeoutSeconds=1"
            #expect(try await HTTPExchange.send("GET", watch, to: server, token: token).code == 200, "nothing can come after the largest version")

            let unknown = try await HTTPExchange.send("GET", "/apis/apps/v1/namespaces/demo/nopes", to: server, token: token)
            #expect(unknown.code == 404 && unknown.body == "404 page not found\n")

            let large =
                #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"large"},"data":{"a":""# + String(repeating: "x", count: 3_200_000)
                + #""}}"#
            let tooLarge = try await HTTPExchange.send("POST", "/api/v1/namespaces/demo/configmaps", to: server, token: token, body: large)
            #expect(tooLarge.code == 413)
            #expect(try tooLarge.json["reason"] as? String == "RequestEntityTooLarge")
        }
    }

    @Test("Nobody gets in without the token, and the refusal is a Status", arguments: [nil, "wrong"] as [String?])
    func unauthorized(token: String?) async throws {
        try await KeelsonServer.withServer { server in
            let answer = try await HTTPExchange.send("GET", "/api/v1/namespaces", to: server, token: token)
            #expect(answer.code == 401)
            let status = try answer.json
            #expect(status["kind"] as? String == "Status" && status["reason"] as? String == "Unauthorized")
            #expect(status["message"] as? String == "Unauthorized")
        }
    }
}
