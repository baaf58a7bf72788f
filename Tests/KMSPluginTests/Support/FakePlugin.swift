//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Crypto
import GRPCTransport
import StorageEncryption
import Synchronization

/// What a KMS plugin answers. Its keys are made from their names, so that any plugin reads what another encrypted, unless it has lost the key.
final class FakePlugin: Sendable {
    enum Answer: Sendable {
        case message([UInt8])
        case status(GRPCStatusCode, String)
        case silence
    }

    private struct State {
        var keyID = "key-1"
        var lost: Set<String> = []
        var trouble: Answer?
        var calls: [String] = []
    }

    private let state = Mutex(State())

    var keyID: String {
        get { state.withLock { $0.keyID } }
        set { state.withLock { $0.keyID = newValue } }
    }

    func lose(_ keyID: String) { state.withLock { _ = $0.lost.insert(keyID) } }
    /// Answers everything so from now on; nil ends it.
    func answerAll(_ answer: Answer?) { state.withLock { $0.trouble = answer } }
    var calls: [String] { state.withLock { $0.calls } }

    func answer(_ method: String, _ message: [UInt8]) -> Answer {
        let (keyID, lost, trouble) = state.withLock { state in
            state.calls.append(method)
            return (state.keyID, state.lost, state.trouble)
        }
        if let trouble { return trouble }
        do {
            let fields = try Self.fields(message)
            var writer = ProtobufWriter()
            switch method {
            case "/v2.KeyManagementService/Status":
                writer.field(1, "v2")
                writer.field(2, "ok")
                writer.field(3, keyID)
            case "/v2.KeyManagementService/Encrypt":
                guard let plaintext = fields[1], let uid = fields[2], !uid.isEmpty else { return .status(.invalidArgument, "fields are missing") }
                guard let sealed = try AES.GCM.seal(plaintext, using: Self.key(keyID)).combined else { return .status(.internal, "no nonce") }
                writer.field(1, Array(sealed))
                writer.field(2, keyID)
                writer.field(3, ["fake.example.com": Array("1".utf8), "other.example.com": []])
            case "/v2.KeyManagementService/Decrypt":
                guard let sealed = fields[1], let uid = fields[2], !uid.isEmpty, let id = fields[3] else {
                    return .status(.invalidArgument, "fields are missing")
                }
                let keyID = String(decoding: id, as: UTF8.self)
                guard !lost.contains(keyID) else { return .status(.notFound, "no key \(keyID)") }
                writer.field(1, Array(try AES.GCM.open(AES.GCM.SealedBox(combined: sealed), using: Self.key(keyID))))
            default: return .status(.unimplemented, method)
            }
            return .message(writer.bytes)
        } catch {
            return .status(.unknown, "no")
        }
    }

    private static func key(_ id: String) -> SymmetricKey { SymmetricKey(data: SHA256.hash(data: Array(id.utf8))) }

    private static func fields(_ message: [UInt8]) throws -> [UInt64: [UInt8]] {
        var fields: [UInt64: [UInt8]] = [:]
        try ProtobufFields.read(message[...]) { number, payload throws(ProtobufError) in fields[number] = Array(try ProtobufFields.bytes(payload)) }
        return fields
    }
}
