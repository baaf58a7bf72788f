//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Foundation
import Logging
import Storage
import StorageEncryption
import Testing

/// Stored values that another implementation computed in kube-apiserver's layout; see Fixtures/generate.py.
@Suite("Golden vectors")
struct GoldenVectorTests {
    struct Vector: Decodable, Sendable, CustomTestStringConvertible {
        var name: String
        var provider: String
        var keyName: String
        var key: String
        var storeKey: String
        var plain: String
        var stored: String
        var keyID: String?
        var encryptedKey: String?
        var annotations: [String: String]?
        var sourceType: Int?

        var testDescription: String { name }
    }

    static let vectors: [Vector] = {
        guard let url = Bundle.module.url(forResource: "vectors", withExtension: "json", subdirectory: "Fixtures"),
            let data = try? Data(contentsOf: url), let vectors = try? JSONDecoder().decode([Vector].self, from: data)
        else { return [] }
        #if Secretbox
        return vectors
        #else
        return vectors.filter { $0.provider != "secretbox" }
        #endif
    }()

    static func bytes(_ hex: String) throws -> [UInt8] {
        let digits = Array(hex.utf8)
        return try stride(from: 0, to: digits.count, by: 2).map {
            try #require(UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16))
        }
    }

    static func transformer(_ vector: Vector) throws -> any ValueTransformer {
        let key = EncryptionConfiguration.Key(name: vector.keyName, secret: try bytes(vector.key))
        let provider: EncryptionConfiguration.Provider =
            switch vector.provider {
            case "aesgcm": .aesgcm([key])
            case "aescbc": .aescbc([key])
            case "secretbox": .secretbox([key])
            default: .kms(.init(name: vector.keyName, endpoint: "unix:///unused"))
            }
        var known: [EncryptedDataKey: [UInt8]] = [:]
        if let keyID = vector.keyID, let encrypted = vector.encryptedKey {
            let annotations = try (vector.annotations ?? [:]).mapValues { try bytes($0) }
            known[EncryptedDataKey(ciphertext: try bytes(encrypted), keyID: keyID, annotations: annotations)] = try bytes(vector.key)
        }
        let service = FakeKeyManagement(known: known)
        let configuration = try EncryptionConfiguration(entries: [.init(resources: ["secrets"], providers: [provider])])
        return try EncryptionTransformers(configuration: configuration, keyManagement: { _, _ in service }, logger: Logger(label: "test"))
            .transformer(for: GroupResource(group: "", resource: "secrets"))
    }

    @Test("There are vectors of every provider")
    func areThere() {
        var expected: Set = ["aesgcm", "aescbc", "kms"]
        #if Secretbox
        expected.insert("secretbox")
        #endif
        #expect(Set(Self.vectors.map(\.provider)) == expected)
        #expect(Self.vectors.filter { $0.provider == "kms" }.compactMap(\.sourceType).contains(0))
    }

    @Test("A value that another implementation stored is read", arguments: vectors)
    func reads(_ vector: Vector) async throws {
        let value = try await Self.transformer(vector).transformFromStorage(
            Self.bytes(vector.stored), authenticatedData: Array(vector.storeKey.utf8))
        #expect(value.bytes == (try Self.bytes(vector.plain)))
        #expect(!value.isStale)
    }

    @Test("What is stored has the vector's prefix and size", arguments: vectors.filter { $0.provider != "kms" })
    func writesAlike(_ vector: Vector) async throws {
        let transformer = try Self.transformer(vector)
        let stored = try await transformer.transformToStorage(try Self.bytes(vector.plain), authenticatedData: Array(vector.storeKey.utf8))
        let golden = try Self.bytes(vector.stored)
        let prefix = Array("k8s:enc:\(vector.provider):v1:\(vector.keyName):".utf8)
        #expect(stored.count == golden.count)
        #expect(stored.starts(with: prefix) && golden.starts(with: prefix))
    }
}
