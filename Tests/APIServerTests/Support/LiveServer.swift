//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIServer
import Foundation
import Logging
import ServiceLifecycle
import Subprocess
import Testing

/// A server on a TLS socket of its own, and curl to talk to it.
struct LiveServer: Sendable {
    let port: Int
    let certificate: String
    let token: String
    /// Begins the graceful shutdown, which otherwise happens at the end of the test.
    let shutDown: @Sendable () async -> Void

    /// Runs a server for as long as `body` runs.
    static func with<Result: Sendable>(
        _ handler: APIHandler, token: String = TestServer.token, shutdownPatience: Duration = .seconds(10),
        _ body: @escaping @Sendable (LiveServer) async throws -> Result
    ) async throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("keelson-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let (certificate, key) = (directory + "/server.crt", directory + "/server.key")
        try await makeCertificate(certificate, key: key)
        let (ports, bound) = AsyncStream<Int>.makeStream()
        let logger = Logger(label: "test")
        let server = APIServer(
            configuration: .init(
                port: 0, tls: ServerTLS(certificateChain: .file(certificate), privateKey: .file(key)),
                shutdownPatience: shutdownPatience),
            handler: handler,
            logger: logger,
            onBound: { port in
                bound.yield(port)
                bound.finish()
            })
        let group = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: logger))
        let result = try await withThrowingTaskGroup(of: Result?.self) { tasks in
            tasks.addTask {
                try await group.run()
                return nil
            }
            tasks.addTask {
                var ports = ports.makeAsyncIterator()
                let port = try #require(await ports.next())
                let result = try await body(
                    LiveServer(port: port, certificate: certificate, token: token, shutDown: { await group.triggerGracefulShutdown() }))
                await group.triggerGracefulShutdown()
                return result
            }
            var result: Result?
            while let next = try await tasks.next() { if let next { result = next } }
            return try #require(result)
        }
        try FileManager.default.removeItem(atPath: directory)
        return result
    }

    private static func makeCertificate(_ certificate: String, key: String) async throws {
        let arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
        ]
        let made = try await Subprocess.run(
            .name("openssl"), arguments: Arguments(arguments), output: .discarded, error: .string(limit: 1 << 16))
        try #require(made.terminationStatus.isSuccess, "openssl: \(made.standardError)")
    }

    /// What curl got.
    struct Exchange: Sendable {
        let status: Int
        let head: String
        let body: String
    }

    /// Sends one request.
    func curl(_ path: String, _ arguments: String..., version: String = "--http1.1", input: String = "") async throws -> Exchange {
        let result = try await Subprocess.run(
            .name("curl"), arguments: Arguments(self.arguments(path, version: version) + ["--include", "--max-time", "60"] + arguments),
            input: .string(input), output: .string(limit: 64 << 20), error: .string(limit: 1 << 16))
        let output = result.standardOutput
        let parts = output.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let status = parts.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return Exchange(
            status: try #require(status, "curl: \(output)\(result.standardError)"), head: String(parts[0]),
            body: parts.count > 1 ? String(parts[1]) : "")
    }

    /// Follows a stream for as long as `body` runs, with its lines at hand, and what curl has to say. Then curl is killed, as a client that
    /// goes away.
    func follow<Result: Sendable>(
        _ path: String, _ arguments: String..., version: String = "--http1.1", _ body: @escaping @Sendable (Lines) async throws -> Result
    ) async throws -> Result {
        let lines = Lines()
        let outcome = try await Subprocess.run(
            .name("curl"), arguments: Arguments(self.arguments(path, version: version) + ["--no-buffer"] + arguments), input: .none,
            output: .sequence, error: .combinedWithOutput
        ) { execution in
            let output = execution.standardOutput
            let pid = execution.processIdentifier.value
            return try await withThrowingTaskGroup(of: Result?.self) { group in
                group.addTask {
                    for try await line in output.strings() { await lines.append(line) }
                    await lines.finish()
                    return nil
                }
                group.addTask {
                    defer { kill(pid, SIGKILL) }
                    return try await body(lines)
                }
                var result: Result?
                while let next = try await group.next() { if let next { result = next } }
                return try #require(result)
            }
        }
        return outcome.closureResult
    }

    private func arguments(_ path: String, version: String) -> [String] {
        [
            "--silent", "--show-error", version, "--cacert", certificate, "--header", "Authorization: Bearer \(token)",
            "https://127.0.0.1:\(port)\(path)",
        ]
    }
}

/// The lines of an output, for whoever waits for the next one.
actor Lines {
    private var lines: [String] = []
    private var isFinished = false
    private var taken = 0
    private var waiter: CheckedContinuation<Void, Never>?

    func append(_ line: String) {
        lines.append(line)
        waiter?.resume()
        waiter = nil
    }

    func finish() {
        isFinished = true
        waiter?.resume()
        waiter = nil
    }

    /// The next line; nil at the end of the output.
    func next() async -> String? {
        while taken == lines.count, !isFinished { await withCheckedContinuation { waiter = $0 } }
        guard taken < lines.count else { return nil }
        taken += 1
        return lines[taken - 1]
    }
}
