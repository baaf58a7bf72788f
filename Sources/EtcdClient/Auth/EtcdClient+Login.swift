//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

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
            let answer = try await repeating(call, until: deadline, authenticates: false) { [transport] metadata async throws(GRPCError) in
                try await transport.unaryReceived(
                    call.method, message: user.authenticateRequest, lane: call.lane, metadata: metadata, deadline: deadline)
            }
            let token: String
            do throws(MalformedMessage) {
                token = try answer.withUnsafeBytes { bytes throws(MalformedMessage) in try Self.token(in: bytes) }
            } catch {
                throw EtcdError(.malformedResponse, message: "\(call.operation()): the server's answer can't be read: \(error.reason)")
            }
            observer?.loggedIn(nil)
            logger.debug("Logged in", metadata: ["user": "\(user.name)"])
            return token
        } catch {
            guard error.code != .authenticationNotEnabled else { return nil }
            observer?.loggedIn(error)
            logger.warning("Login failed", metadata: ["user": "\(user.name)", "error": "\(error)"])
            throw error
        }
    }

    private static func token(in bytes: UnsafeRawBufferPointer) throws(MalformedMessage) -> String {
        var reader = ProtobufReader(bytes)
        var token = ""
        while let tag = try reader.tag() {
            if tag.field == 2 { token = try reader.string(tag) } else { try reader.skip(tag) }
        }
        guard !token.isEmpty else { throw MalformedMessage(reason: "no token in the answer to a login") }
        return token
    }
}

extension EtcdCredentials.User {
    /// The message of two texts, fields 1 and 2.
    fileprivate var authenticateRequest: [UInt8] {
        var message: [UInt8] = []
        for (tag, text) in [(UInt8(0x0a), name), (UInt8(0x12), password)] where !text.isEmpty {
            message.append(tag)
            var length = text.utf8.count
            while length >= 0x80 {
                message.append(UInt8(length & 0x7f) | 0x80)
                length >>= 7
            }
            message.append(UInt8(length))
            message += text.utf8
        }
        return message
    }
}
