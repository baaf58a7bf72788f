//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestSupport
import LogRecording
import Logging
import TestWaiting
import Testing

@Suite("What the log says of logins")
struct ScriptedLoginLogTests {
    /// How a server, or the client's end, deals with a login.
    enum Fate: CaseIterable {
        case wrongPassword, unavailable, noAnswer, refusesWithoutReason, stopped

        var end: ScriptedEtcd.End {
            switch self {
            case .wrongPassword: .status(3, "etcdserver: authentication failed, invalid user ID or password")
            case .unavailable: .status(14, "etcdserver: no leader")
            case .noAnswer, .stopped: .open
            case .refusesWithoutReason: .reset(7)
            }
        }

        /// A person is needed for nothing but a wrong password.
        var level: Logger.Level { self == .wrongPassword ? .warning : .debug }
    }

    @Test("A login that a person must mend is a warning; what passes, times out or ends with the client is none", arguments: Fate.allCases)
    func levels(fate: Fate) async throws {
        try await ScriptedEtcd.with { request in
            request.method == "Auth/Authenticate" ? ([], fate.end) : ([], .ok)
        } _: { etcd, other, _ in
            var configuration = other.configuration
            configuration.credentials = .user("alice", password: "secret")
            // As long as a login has; nothing here is quicker on a busy machine than it is on an idle one.
            configuration.readTimeout = fate == .stopped ? .seconds(60) : .milliseconds(300)
            let log = LogRecorder(level: .debug)
            let client = EtcdClient(configuration: configuration, logger: log.logger)
            let logins = { log.lines.filter { $0.message == "Login failed" } }
            try await running({ try await client.run() }) {
                let call = Task { try await client.put("a", "1", deadline: .now + .seconds(60)) }
                if fate == .stopped {
                    try await eventually("a login") { etcd.requests.contains { $0.method == "Auth/Authenticate" } }
                } else {
                    try await eventually("a failed login") { !logins().isEmpty }
                    call.cancel()
                    _ = await call.result
                }
            }
            #expect(logins().allSatisfy { $0.level == fate.level }, "\(logins())")
            #expect(log.lines.filter { $0.level > .info }.map(\.message) == logins().filter { $0.level > .info }.map(\.message))
        }
    }
}
