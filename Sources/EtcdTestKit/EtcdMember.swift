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
    /// What clients connect to, such as `http://127.0.0.1:23790`.
    public let clientURL: String
    /// The port of ``clientURL``.
    public let clientPort: UInt16
    /// Plain HTTP, also in a cluster with TLS: `/health` and `/metrics`.
    public let metricsURL: String

    private let metricsPort: UInt16
    private let executable: String
    private let arguments: [String]
    private let logPath: String
    private let process = Mutex<ChildProcess?>(nil)

    init(name: String, clientURL: String, clientPort: UInt16, metricsPort: UInt16, executable: String, arguments: [String], logPath: String) {
        self.name = name
        self.clientURL = clientURL
        self.clientPort = clientPort
        self.metricsPort = metricsPort
        metricsURL = "http://127.0.0.1:\(metricsPort)"
        self.executable = executable
        self.arguments = arguments
        self.logPath = logPath
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
