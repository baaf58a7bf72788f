//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import GRPCTransport
import Logging
import NIOCore

extension EtcdClient {
    /// One login. The calls that wait for it have deadlines of their own.
    /// - Returns: a token; nil when the cluster doesn't ask who its users are.
    func logIn(_ user: EtcdCredentials.User) async throws(EtcdError) -> String? {
        let call = Call(
            method: "/etcdserverpb.Auth/Authenticate", kind: .repeatable, requiresLeader: true, operation: { "log in as \(user)" })
        let deadline = NIODeadline.now() + TimeAmount(configuration.readTimeout)
        do throws(EtcdError) {
            let request = try Self.request(of: user, call)
            let answer = try await repeating(call, until: deadline, authenticates: false) { [transport] metadata async throws(GRPCError) in
                try await transport.unaryReceived(call.method, message: request, lane: call.lane, metadata: metadata, deadline: deadline)
            }
            let token: String
            do throws(MalformedMessage) {
                token = try answer.withUnsafeBytes { bytes throws(MalformedMessage) in
                    try MessageArena.decode(bytes, etcdserverpb__authenticate_response__unpack) { String($0.token) }
                }
                if token.isEmpty { throw MalformedMessage(reason: "no token in the answer to a login") }
            } catch {
                throw EtcdError(.malformedResponse, message: "\(call.operation()): the server's answer can't be read: \(error.reason)")
            }
            observer?.loggedIn(nil)
            logger.debug("Logged in", metadata: ["user": "\(user.name)"])
            return token
        } catch {
            guard error.code != .authenticationNotEnabled else { return nil }
            observer?.loggedIn(error)
            // What passes by itself, or is the end of the client, is nothing that anybody has to mend.
            let level: Logger.Level = TokenStateMachine.isFinal(error.code) ? .warning : .debug
            logger.log(level: level, "Login failed", metadata: ["user": "\(user.name)", "error": "\(error)"])
            throw error
        }
    }

    private static func request(of user: EtcdCredentials.User, _ call: Call) throws(EtcdError) -> [UInt8] {
        try call.refuseZeroBytes(in: [user.name, user.password])
        do throws(ArenaExhausted) {
            return try MessageArena.withArena { arena throws(ArenaExhausted) in
                try arena.authenticateRequest(name: user.name, password: user.password)
            }
        } catch {
            throw EtcdError(.requestTooLarge, message: "\(call.operation()): the name and the password don't fit into 64 MiB")
        }
    }
}

extension MessageArena {
    /// What a token is asked for by.
    func fill(_ request: UnsafeMutablePointer<Etcdserverpb__AuthenticateRequest>, name: String, password: String) throws(ArenaExhausted) {
        request.pointee.name = try text(name)
        request.pointee.password = try text(password)
    }

    fileprivate func authenticateRequest(name: String, password: String) throws(ArenaExhausted) -> [UInt8] {
        let request = try make(etcdserverpb__authenticate_request__init)
        try fill(request, name: name, password: password)
        return pack(request)
    }
}
