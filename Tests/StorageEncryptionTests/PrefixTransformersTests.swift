//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Crypto
import Storage
import StorageEncryption
import Testing

@Suite("Choosing among ciphers by prefix")
struct PrefixTransformersTests {
    static let storeKey = Array("/registry/secrets/ns/a".utf8)

    static func gcm(_ name: String, _ seed: UInt8? = nil) -> PrefixTransformers.Entry {
        let seed = seed ?? UInt8(name.utf8.reduce(0) { $0 &+ $1 })
        return .init(prefix: "k8s:enc:aesgcm:v1:\(name):", cipher: AESGCMCipher(key: CipherTests.key(seed, 32)))
    }

    static let plain = PrefixTransformers.Entry(prefix: "", cipher: PlainCipher())

    static func write(_ entries: [PrefixTransformers.Entry], _ bytes: [UInt8] = [1, 2, 3]) async throws -> [UInt8] {
        try await PrefixTransformers(entries, resource: GroupResource(group: "", resource: "secrets")).transformToStorage(
            bytes, authenticatedData: storeKey)
    }

    static func read(_ entries: [PrefixTransformers.Entry], _ stored: [UInt8]) async throws -> TransformedValue {
        try await PrefixTransformers(entries, resource: GroupResource(group: "", resource: "secrets")).transformFromStorage(
            stored, authenticatedData: storeKey)
    }

    struct Rotation: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var wrote: [PrefixTransformers.Entry]
        var reads: [PrefixTransformers.Entry]
        var isStale: Bool
    }

    static let rotations = [
        Rotation(testDescription: "the same key", wrote: [gcm("a")], reads: [gcm("a")], isStale: false),
        Rotation(testDescription: "a new key behind it", wrote: [gcm("a")], reads: [gcm("a"), gcm("b")], isStale: false),
        Rotation(testDescription: "a new key before it", wrote: [gcm("a")], reads: [gcm("b"), gcm("a")], isStale: true),
        Rotation(testDescription: "in clear, and encryption began", wrote: [plain], reads: [gcm("a"), plain], isStale: true),
        Rotation(testDescription: "encrypted, and encryption is to end", wrote: [gcm("a")], reads: [plain, gcm("a")], isStale: true),
        Rotation(testDescription: "in clear, and stays so", wrote: [plain], reads: [plain, gcm("a")], isStale: false),
        Rotation(testDescription: "two keys of one name, the first", wrote: [gcm("a", 1)], reads: [gcm("a", 1), gcm("a", 2)], isStale: false),
        Rotation(testDescription: "two keys of one name, the second", wrote: [gcm("a", 2)], reads: [gcm("a", 1), gcm("a", 2)], isStale: true),
    ]

    @Test("The first writes, all read, and what the first would not have written is stale", arguments: rotations)
    func rotates(_ rotation: Rotation) async throws {
        let value = try await Self.read(rotation.reads, try await Self.write(rotation.wrote))
        #expect(value == TransformedValue(bytes: [1, 2, 3], isStale: rotation.isStale))
    }

    @Test("A value without a provider is an error that names who wrote it, and nothing of its contents")
    func namesTheWriter() async throws {
        let stored = try await Self.write([Self.gcm("old")])
        let error = try await thrown(EncryptionError.self) { try await Self.read([Self.gcm("new")], stored) }
        #expect(error.code == .noProvider)
        #expect(error.message.contains("k8s:enc:aesgcm:v1:old,"))
        let clear = try await thrown(EncryptionError.self) { try await Self.read([Self.gcm("new")], Array("{\"password\":1}".utf8)) }
        #expect(clear.code == .noProvider)
        #expect(!clear.message.contains("password"))
    }

    @Test("An encrypted value is not read in clear, even beside an identity provider")
    func doesNotReadInClear() async throws {
        let stored = try await Self.write([Self.gcm("old")])
        let error = try await thrown(EncryptionError.self) { try await Self.read([Self.plain], stored) }
        #expect(error.code == .unreadable)
    }

    @Test("When all that fit fail, the error has each one's reason")
    func aggregates() async throws {
        let stored = try await Self.write([Self.gcm("a", 3)])
        let error = try await thrown(EncryptionError.self) { try await Self.read([Self.gcm("a", 1), Self.gcm("a", 2), Self.plain], stored) }
        #expect(error.code == .unreadable)
        #expect(error.message.split(separator: ";").count == 3)
    }

    /// Says what it is told to say.
    struct Failing: ValueCipher {
        var code: EncryptionError.Code
        func seal(_ bytes: [UInt8], authenticatedData: [UInt8], into stored: inout [UInt8]) throws(EncryptionError) {
            throw EncryptionError(code, "told so")
        }
        func open(_ sealed: ArraySlice<UInt8>, authenticatedData: [UInt8]) throws(EncryptionError) -> TransformedValue {
            throw EncryptionError(code, "told so")
        }
    }

    @Test("A key service that can't be asked is told as unreachable, with the key, not as a damaged value")
    func tellsPassingFailures() async throws {
        let entries = [PrefixTransformers.Entry(prefix: "k8s:enc:kms:v2:p:", cipher: Failing(code: .keyServiceUnavailable))]
        let reading = try await thrown(StorageError.self) { try await Self.read(entries, Array("k8s:enc:kms:v2:p:x".utf8)) }
        let writing = try await thrown(StorageError.self) { try await Self.write(entries) }
        for error in [reading, writing] {
            #expect(error.code == .unreachable)
            #expect(error.key == "/registry/secrets/ns/a")
            #expect(error.message.contains("told so"))
        }
        let entry = PrefixTransformers.Entry(prefix: "k8s:enc:kms:v2:p:", cipher: Failing(code: .unreadable))
        let error = try await thrown(EncryptionError.self) { try await Self.read([entry], Array("k8s:enc:kms:v2:p:x".utf8)) }
        #expect(error.code == .unreadable)
    }
}
