//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// One member of a cluster: a real etcd process on loopback ports that stay the same over restarts, as does its data.
public final class EtcdMember: Sendable {
    /// The member's name, such as `etcd-0`.
    public let name: String
    /// What clients connect to, such as `http://127.0.0.1:23790`; the proxy's, where there is one.
    public let clientURL: String
    /// The member's own, past any proxy.
    public let directClientURL: String
    /// The port of ``directClientURL``.
    public let clientPort: UInt16
    /// What the other members connect to.
    public let peerURL: String
    /// The certificate that it shows to clients, in a cluster with TLS. It is read anew for each connection.
    public let certificate: TestCertificates.Pair?
    /// Plain HTTP, also in a cluster with TLS: `/health` and `/metrics`.
    public let metricsURL: String

    let dataDirectory: String
    private let metricsPort: UInt16
    private let executable: String
    private let arguments: [String]
    private let logPath: String
    private let process = Mutex<ChildProcess?>(nil)

    /// Where a member is reached, and where its data lies.
    struct Addresses {
        var client: String
        var directClient: String
        var clientPort: UInt16
        var peer: String
        var metricsPort: UInt16
        var dataDirectory: String
    }

    init(
        name: String, addresses: Addresses, certificate: TestCertificates.Pair?, executable: String, arguments: [String], logPath: String
    ) {
        self.name = name
        self.certificate = certificate
        clientURL = addresses.client
        directClientURL = addresses.directClient
        clientPort = addresses.clientPort
        peerURL = addresses.peer
        metricsPort = addresses.metricsPort
        metricsURL = "http://127.0.0.1:\(addresses.metricsPort)"
        dataDirectory = addresses.dataDirectory
        self.executable = executable
        self.arguments = arguments
        self.logPath = logPath
    }

    /// The same member, not yet started, with another port for clients.
    func moved(to port: UInt16) -> EtcdMember {
        let scheme = directClientURL.hasPrefix("https") ? "https" : "http"
        let url = "\(scheme)://127.0.0.1:\(port)"
        let arguments = self.arguments.map { argument in
            if argument.hasPrefix("--listen-client-urls=") { return "--listen-client-urls=\(url)" }
            return argument.hasPrefix("--advertise-client-urls=") ? "--advertise-client-urls=\(url)" : argument
        }
        return EtcdMember(
            name: name,
            addresses: .init(
                client: url, directClient: url, clientPort: port, peer: peerURL, metricsPort: metricsPort, dataDirectory: dataDirectory),
            certificate: certificate, executable: executable, arguments: arguments, logPath: logPath)
    }

    /// Starts the member, if it isn't running, on its old ports and data.
    /// - Parameter waitUntilReady: wait until it serves; false for a member that can't because the others are away.
    public func start(waitUntilReady: Bool = true) async throws(EtcdTestKitError) {
        try process.withLock { process throws(EtcdTestKitError) in
            if let process, process.exitStatus == nil { return }
            process = try ChildProcess(executable: executable, arguments: arguments, standardOutput: logPath, standardError: logPath)
        }
        if waitUntilReady { try await self.waitUntilReady() }
    }

    /// Ends the member without warning (SIGKILL) and waits until it is gone. Does nothing when it isn't running.
    public func kill() async {
        await end(by: SIGKILL)
    }

    /// Asks the member to end (SIGTERM) and waits until it has. It takes its time: open watches are told first.
    public func terminate() async {
        await end(by: SIGTERM)
    }

    /// Sends SIGTERM and doesn't wait.
    public func beginTermination() {
        current?.signal(SIGTERM)
    }

    /// Stops the process where it is (SIGSTOP): connections stay open and nothing answers. It stands still when this returns.
    public func pause() {
        current?.stop()
    }

    /// Lets a paused member go on (SIGCONT).
    public func resume() {
        current?.signal(SIGCONT)
    }

    /// Whether the process is there (paused or not).
    public var isRunning: Bool { current.map { $0.exitStatus == nil } ?? false }

    /// The process id; nil when it isn't running.
    public var processID: Int32? {
        guard let current, current.exitStatus == nil else { return nil }
        return current.pid
    }

    /// Waits until the member serves linearizable reads, which also needs a leader.
    /// - Throws: when it ends instead, or doesn't within the time; the message ends with its log.
    public func waitUntilReady(timeout: Duration = .seconds(60)) async throws(EtcdTestKitError) {
        let deadline = ContinuousClock.now + timeout
        while true {
            if let answer = await Loopback.get(port: metricsPort, path: "/health", timeoutSeconds: 2), answer.contains(#""health":"true""#) { return }
            guard isRunning else { throw EtcdTestKitError("\(name) ended with status \(current?.exitStatus ?? -1):\n\(logTail())") }
            guard ContinuousClock.now < deadline else { throw EtcdTestKitError("\(name) isn't ready after \(timeout):\n\(logTail())") }
            do {
                // etcd has no way to tell a parent that it is ready, so this one wait is a poll.
                try await Task.sleep(for: .milliseconds(20))
            } catch {
                throw EtcdTestKitError("cancelled while waiting for \(name)")
            }
        }
    }

    /// The sum of a metric over its labels, such as `etcd_debugging_mvcc_watcher_total`; nil when the member doesn't answer or has no such metric.
    public func metric(_ name: String) async -> Double? {
        guard let answer = await Loopback.get(port: metricsPort, path: "/metrics", timeoutSeconds: 5) else { return nil }
        let values = answer.split(separator: "\n").compactMap { line -> Double? in
            guard line.hasPrefix(name), let end = line.dropFirst(name.count).first, end == " " || end == "{" else { return nil }
            return line.split(separator: " ").last.flatMap { Double($0) }
        }
        return values.isEmpty ? nil : values.reduce(0, +)
    }

    /// Whether the member leads, as far as it knows.
    public func isLeader() async -> Bool { await metric("etcd_server_is_leader") == 1 }

    /// Everything the member has logged, over all its starts.
    public func log() -> String { TemporaryDirectory.text(of: logPath) }

    /// The last lines of the log.
    public func logTail(lines: Int = 40) -> String {
        log().split(separator: "\n").suffix(lines).joined(separator: "\n")
    }

    private var current: ChildProcess? { process.withLock { $0 } }

    private func end(by signal: Int32) async {
        guard let current else { return }
        if current.signal(signal) {
            // A stopped process doesn't see SIGTERM until it goes on.
            if signal != SIGKILL { current.signal(SIGCONT) }
        }
        _ = await current.waitForExit()
    }
}
