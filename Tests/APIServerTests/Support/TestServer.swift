//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Logging
import Registry

@testable import APIServer

/// A handler over gadgets and planets, asked without a socket.
struct TestServer {
    static let token = "a-secret-token"

    let gadgets = Gadgets()
    let handler: APIHandler

    init(
        authorizer: any Authorizer = AlwaysAllowAuthorizer(), requestTimeout: Duration = .seconds(60), healthChecks: [HealthCheck] = [],
        extra: [InstalledResource] = [], metrics: (@Sendable () -> String)? = nil
    ) {
        handler = APIHandler(
            configuration: .init(
                authenticator: StaticTokenAuthenticator(administratorTokens: [Self.token]), authorizer: authorizer, requestTimeout: requestTimeout,
                metrics: metrics),
            groups: [
                APIGroupInfo(
                    groupVersion: Gadgets.groupVersion,
                    resources: [
                        InstalledResource(path: "gadgets", storage: gadgets),
                        InstalledResource(path: "gadgets/status", storage: GadgetStatus(gadgets: gadgets)),
                        InstalledResource(path: "gadgets/scale", storage: GadgetScale(gadgets: gadgets)),
                    ] + extra),
                APIGroupInfo(
                    groupVersion: GroupVersion(group: "", version: "v1"), resources: [InstalledResource(path: "planets", storage: Planets())]),
            ],
            healthChecks: healthChecks, logger: Logger(label: "test"))
    }

    static let collection = "/apis/samples.example.com/v1/namespaces/demo/gadgets"

    /// Sends a request with the token. `target` may have a query.
    func send(
        _ method: String = "GET", _ target: String, headers: HTTPHeaders = [:], body: String = ""
    ) async throws -> Answer {
        var headers = headers
        if headers["Authorization"] == nil { headers["Authorization"] = "Bearer \(Self.token)" }
        let parts = target.split(separator: "?", maxSplits: 1)
        let response = await handler.respond(
            to: HTTPRequest(
                method: method, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "", headers: headers,
                body: HTTPRequestBody(Array(body.utf8))))
        return try await Answer(response)
    }
}

/// A response whose content has been read to its end.
struct Answer {
    let status: Int
    let headers: HTTPHeaders
    let bytes: [UInt8]

    init(_ response: HTTPResponse) async throws {
        status = response.status
        headers = response.headers
        switch response.body {
        case .bytes(let bytes): self.bytes = bytes
        case .stream(let stream):
            let collected = CollectingWriter.Storage()
            var writer: any HTTPBodyWriter = CollectingWriter(storage: collected)
            try await stream.write(&writer)
            bytes = collected.bytes
        }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The content as JSON.
    func json() throws -> JSONValue { try JSONValue(parsing: bytes) }

    /// The lines of a watch as JSON.
    func lines() throws -> [JSONValue] {
        try bytes.split(separator: UInt8(ascii: "\n")).map { try JSONValue(parsing: Array($0)) }
    }
}

struct CollectingWriter: HTTPBodyWriter {
    /// Written and read by one task, one after the other.
    final class Storage {
        var bytes: [UInt8] = []
        var writes = 0
    }

    let storage: Storage

    mutating func write(_ chunks: [[UInt8]]) async throws {
        storage.writes += 1
        for chunk in chunks { storage.bytes += chunk }
    }
}
