//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import StorageEncryption
import Synchronization

/// A key management service in this process, whose keys and troubles a test decides. Its encryption is a table of what it has given out.
final class FakeKeyManagement: KeyManagementService {
    private struct State {
        var keyID = "key-1"
        /// What `encrypt` answers; nil for the status' key.
        var encryptKeyID: String?
        var healthz = "ok"
        var version = "v2"
        var failure: KeyManagementError?
        var lostKeys: Set<String> = []
        var known: [EncryptedDataKey: [UInt8]] = [:]
        var calls: [String] = []
        var annotations: [String: [UInt8]] = [:]
    }

    private let state: Mutex<State>

    init(known: [EncryptedDataKey: [UInt8]] = [:]) {
        state = Mutex(State(known: known))
    }

    var keyID: String {
        get { state.withLock { $0.keyID } }
        set { state.withLock { $0.keyID = newValue } }
    }

    func answer(healthz: String = "ok", version: String = "v2", encryptKeyID: String? = nil, annotations: [String: [UInt8]] = [:]) {
        state.withLock { state in
            state.healthz = healthz
            state.version = version
            state.encryptKeyID = encryptKeyID
            state.annotations = annotations
        }
    }

    func fail(_ error: KeyManagementError?) { state.withLock { $0.failure = error } }
    func lose(_ keyID: String) { state.withLock { _ = $0.lostKeys.insert(keyID) } }

    var callCount: Int { state.withLock { $0.calls.count } }

    /// What was called since the last time.
    func takeCalls() -> [String] {
        state.withLock { state in
            defer { state.calls = [] }
            return state.calls
        }
    }

    func status() throws(KeyManagementError) -> KeyManagementStatus {
        try state.withLock { state throws(KeyManagementError) in
            state.calls.append("status")
            if let failure = state.failure { throw failure }
            return KeyManagementStatus(version: state.version, healthz: state.healthz, keyID: state.keyID)
        }
    }

    func encrypt(_ plaintext: [UInt8], uid: String) throws(KeyManagementError) -> EncryptedDataKey {
        try state.withLock { state throws(KeyManagementError) in
            state.calls.append("encrypt")
            if let failure = state.failure { throw failure }
            let key = EncryptedDataKey(
                ciphertext: Array("sealed \(state.known.count)".utf8), keyID: state.encryptKeyID ?? state.keyID, annotations: state.annotations)
            state.known[key] = plaintext
            return key
        }
    }

    func decrypt(_ key: EncryptedDataKey, uid: String) throws(KeyManagementError) -> [UInt8] {
        try state.withLock { state throws(KeyManagementError) in
            state.calls.append("decrypt")
            if let failure = state.failure { throw failure }
            guard let plaintext = state.known[key], !state.lostKeys.contains(key.keyID) else {
                throw KeyManagementError(isPassing: false, "there is no key \(key.keyID)")
            }
            return plaintext
        }
    }
}
