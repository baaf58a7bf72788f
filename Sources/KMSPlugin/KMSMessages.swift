//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import StorageEncryption

/// The messages of KMS v2, field by field.
///
/// Source of the rule: upstream kms/apis/v2/api.proto.
enum KMSMessages {
    static func encryptRequest(_ plaintext: [UInt8], uid: String) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.field(1, plaintext)
        writer.field(2, uid)
        return writer.bytes
    }

    static func decryptRequest(_ key: EncryptedDataKey, uid: String) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.field(1, key.ciphertext)
        writer.field(2, uid)
        writer.field(3, key.keyID)
        writer.field(4, key.annotations)
        return writer.bytes
    }

    static func status(_ bytes: [UInt8]) throws(KeyManagementError) -> KeyManagementStatus {
        var status = KeyManagementStatus(version: "", healthz: "", keyID: "")
        try read("Status", bytes) { number, payload throws(ProtobufError) in
            switch number {
            case 1: status.version = try ProtobufFields.text(payload)
            case 2: status.healthz = try ProtobufFields.text(payload)
            case 3: status.keyID = try ProtobufFields.text(payload)
            default: break
            }
        }
        return status
    }

    static func encrypted(_ bytes: [UInt8]) throws(KeyManagementError) -> EncryptedDataKey {
        var key = EncryptedDataKey(ciphertext: [], keyID: "")
        try read("Encrypt", bytes) { number, payload throws(ProtobufError) in
            switch number {
            case 1: key.ciphertext = Array(try ProtobufFields.bytes(payload))
            case 2: key.keyID = try ProtobufFields.text(payload)
            case 3:
                let entry = try ProtobufFields.entry(payload)
                key.annotations[entry.key] = entry.value
            default: break
            }
        }
        return key
    }

    static func decrypted(_ bytes: [UInt8]) throws(KeyManagementError) -> [UInt8] {
        var plaintext: [UInt8] = []
        try read("Decrypt", bytes) { number, payload throws(ProtobufError) in
            if number == 1 { plaintext = Array(try ProtobufFields.bytes(payload)) }
        }
        return plaintext
    }

    private static func read(
        _ method: String, _ bytes: [UInt8], _ body: (UInt64, ProtobufCursor.Payload) throws(ProtobufError) -> Void
    ) throws(KeyManagementError) {
        do {
            try ProtobufFields.read(bytes[...], body)
        } catch {
            throw KeyManagementError(isPassing: false, "the answer to \(method) is not the message it should be: \(error.message)")
        }
    }
}
