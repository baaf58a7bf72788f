//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StorageEncryption

@Suite("The message of a KMS value")
struct EncryptedObjectTests {
    static func message(
        data: [UInt8] = [1], keyID: String = "key", source: [UInt8] = [2], annotations: [String: [UInt8]] = [:], type: UInt64 = 1
    ) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.field(1, data)
        writer.field(2, keyID)
        writer.field(3, source)
        writer.field(4, annotations)
        writer.field(5, type)
        return writer.bytes
    }

    @Test("What is written is read, and fields of later versions are passed over")
    func roundTrips() throws {
        let key = EncryptedDataKey(
            ciphertext: [UInt8](repeating: 7, count: 300), keyID: "key", annotations: ["a.example.com": [1], "b.example.com": []])
        var stored: [UInt8] = [9]
        try EncryptedObject.append(count: 200, trailer: EncryptedObject.trailer(key, kind: .seed), to: &stored) {
            $0.append(contentsOf: [UInt8](repeating: 5, count: 200))
        }
        stored += [6 << 3, 1]
        let object = try EncryptedObject(parsing: stored[1...])
        #expect(Array(object.data) == [UInt8](repeating: 5, count: 200))
        #expect(object.dataKey == key)
        #expect(object.kind == .seed)
    }

    static let wrong: [(String, [UInt8])] = [
        ("no encrypted data", message(data: [])), ("key ID is empty", message(keyID: "")),
        ("1025 bytes", message(keyID: String(repeating: "k", count: 1025))), ("data key is empty", message(source: [])),
        ("1025 bytes", message(source: [UInt8](repeating: 1, count: 1025))), ("type 2", message(type: 2)),
        ("named by a domain", message(annotations: ["example": [1]])), ("named by a domain", message(annotations: ["A.example.com": [1]])),
        ("32769 bytes", message(annotations: ["example.com": [UInt8](repeating: 1, count: 32768 - 10)])),
        ("no EncryptedObject", [0x0a, 5, 1]), ("no EncryptedObject", [0xff]), ("no EncryptedObject", [0x12, 2, 0xff, 0xfe]),
        ("no EncryptedObject", [0x08, 1]), ("no encrypted data", []),
    ]

    @Test("What upstream would refuse is refused", arguments: wrong)
    func refuses(says: String, bytes: [UInt8]) async throws {
        let error = try await thrown(EncryptionError.self) { try EncryptedObject(parsing: bytes[...]) }
        #expect(error.code == .unreadable)
        #expect(error.message.contains(says), "\(error)")
    }

    @Test("Sizes at the limit are taken")
    func acceptsLimits() throws {
        let annotations = ["example.com": [UInt8](repeating: 1, count: 32768 - 11)]
        _ = try EncryptedObject(
            parsing: Self.message(keyID: String(repeating: "k", count: 1024), source: [UInt8](repeating: 1, count: 1024), annotations: annotations)[
                ...])
    }

    @Test("No cut of a message, and no changed byte, is worse than an error")
    func survivesGarbage() {
        let bytes = Self.message(data: [UInt8](repeating: 5, count: 20), annotations: ["a.example.com": [1, 2]])
        for count in bytes.indices { _ = try? EncryptedObject(parsing: bytes[..<count]) }
        for position in bytes.indices {
            for value in UInt8.min...UInt8.max {
                var changed = bytes
                changed[position] = value
                _ = try? EncryptedObject(parsing: changed[...])
            }
        }
    }
}
