//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StorageEncryption

@Suite("Which data key writes, and until when")
struct EnvelopeStateTests {
    static let start = ContinuousClock.now
    static func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    /// A state with a data key of "key-1", asked for at zero.
    static func ready() -> EnvelopeState {
        var state = EnvelopeState(lifetime: .seconds(180))
        #expect(state.statusSucceeded(keyID: "key-1", askedAt: at(0)) == .generate)
        let isTaken = state.generated(.randomSeed(), encrypted: .init(ciphertext: [1], keyID: "key-1"), statusKeyID: "key-1", askedAt: at(0))
        #expect(isTaken)
        return state
    }

    static func object(keyID: String, kind: DataKey.Kind = .seed) throws -> EncryptedObject {
        try EncryptedObject(parsing: EncryptedObjectTests.message(keyID: keyID, type: kind.rawValue)[...])
    }

    @Test("Before the service answered nothing is written, and nothing is known to be stale")
    func startsEmpty() async throws {
        let state = EnvelopeState(lifetime: .seconds(180))
        let error = try await thrown(EncryptionError.self) { try state.current(at: Self.at(0)) }
        #expect(error.code == .keyServiceUnavailable)
        #expect(try !state.isStale(Self.object(keyID: "key-9")))
        #expect(state.failure != nil)
    }

    @Test("While the service names the same key the data key stays, and lives on from each question")
    func extends() async throws {
        var state = Self.ready()
        let first = try state.current(at: Self.at(179)).encrypted
        #expect(state.statusSucceeded(keyID: "key-1", askedAt: Self.at(60)) == .keep)
        #expect(try state.current(at: Self.at(239)).encrypted == first)
        let error = try await thrown(EncryptionError.self) { try state.current(at: Self.at(240)) }
        #expect(error.code == .keyServiceUnavailable)
        #expect(state.failure == nil)
    }

    @Test("While the service isn't well the data key writes to the end of its time, and again when it is well")
    func outlivesFailures() async throws {
        var state = Self.ready()
        state.failed("gone")
        #expect(state.failure == "gone")
        _ = try state.current(at: Self.at(179))
        let error = try await thrown(EncryptionError.self) { try state.current(at: Self.at(180)) }
        #expect(error.message.contains("gone"))
        #expect(state.statusSucceeded(keyID: "key-1", askedAt: Self.at(200)) == .keep)
        _ = try state.current(at: Self.at(200))
        #expect(state.failure == nil)
    }

    @Test("Another key of the service means another data key; until there is one the old one writes")
    func rotates() throws {
        var state = Self.ready()
        #expect(state.statusSucceeded(keyID: "key-2", askedAt: Self.at(60)) == .generate)
        #expect(try state.current(at: Self.at(60)).encrypted.keyID == "key-1")
        #expect(try state.isStale(Self.object(keyID: "key-2")))
        let isTaken = state.generated(
            .randomSeed(), encrypted: .init(ciphertext: [2], keyID: "key-2"), statusKeyID: "key-2", askedAt: Self.at(60))
        #expect(isTaken)
        #expect(try state.current(at: Self.at(239)).encrypted.keyID == "key-2")
        #expect(try state.isStale(Self.object(keyID: "key-1")))
        #expect(try !state.isStale(Self.object(keyID: "key-2")))
        #expect(try state.isStale(Self.object(keyID: "key-2", kind: .key)))
    }

    static let unusable: [(EncryptedDataKey, String)] = [
        (.init(ciphertext: [1], keyID: "key-3"), "encrypts with"), (.init(ciphertext: [], keyID: "key-2"), "empty"),
        (.init(ciphertext: [1], keyID: ""), "empty"), (.init(ciphertext: [UInt8](repeating: 0, count: 1025), keyID: "key-2"), "1025"),
        (.init(ciphertext: [1], keyID: "key-2", annotations: ["plain": []]), "domain"),
    ]

    @Test("A data key that the service encrypted in a way that isn't allowed is not used", arguments: unusable)
    func refuses(encrypted: EncryptedDataKey, says: String) throws {
        var state = Self.ready()
        let isTaken = state.generated(.randomSeed(), encrypted: encrypted, statusKeyID: "key-2", askedAt: Self.at(60))
        #expect(!isTaken)
        #expect(try #require(state.failure).contains(says))
        #expect(try state.current(at: Self.at(60)).encrypted.keyID == "key-1")
    }

    @Test("The cache forgets what is too old, and the oldest when it is full")
    func bounds() {
        var cache = DataKeyCache(lifetime: .seconds(100), capacity: 3)
        func key(_ number: UInt8) -> DataKeyCache.Key { .init(encrypted: .init(ciphertext: [number], keyID: "k"), kind: .seed) }
        for number in UInt8(1)...3 { cache.insert(.randomSeed(), for: key(number), at: Self.at(Int(number))) }
        #expect(cache.dataKey(for: key(1), at: Self.at(100)) != nil)
        #expect(cache.dataKey(for: key(1), at: Self.at(101)) == nil)
        cache.insert(.randomSeed(), for: key(4), at: Self.at(50))
        #expect(cache.count == 3)
        #expect(cache.dataKey(for: key(1), at: Self.at(50)) == nil)
        #expect(cache.dataKey(for: key(2), at: Self.at(50)) != nil)
        cache.insert(.randomSeed(), for: key(5), at: Self.at(149))
        #expect(cache.count == 2)
    }
}
