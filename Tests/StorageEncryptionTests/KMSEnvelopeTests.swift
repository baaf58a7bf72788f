//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import Storage
import TestWaiting
import Testing

@testable import StorageEncryption

@Suite("Envelope encryption")
struct KMSEnvelopeTests {
    static func envelope(_ service: FakeKeyManagement, timing: KMSEnvelope.Timing = .init()) -> KMSEnvelope {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return KMSEnvelope(name: "p", service: service, timing: timing, logger: logger)
    }

    static func seal(_ envelope: KMSEnvelope, _ bytes: [UInt8] = [1, 2, 3]) throws -> [UInt8] {
        var stored: [UInt8] = []
        try envelope.seal(bytes, authenticatedData: Array("/a".utf8), into: &stored)
        return stored
    }

    static func open(_ envelope: KMSEnvelope, _ stored: [UInt8]) async throws -> TransformedValue {
        try await envelope.open(stored[...], authenticatedData: Array("/a".utf8))
    }

    @Test("A data key is encrypted once, and encrypts every value anew")
    func encryptsOnce() async throws {
        let service = FakeKeyManagement()
        let envelope = Self.envelope(service)
        await envelope.probe()
        await envelope.probe()
        let first = try Self.seal(envelope)
        let second = try Self.seal(envelope)
        #expect(service.takeCalls() == ["status", "encrypt", "status"])
        #expect(first != second)
        #expect(try EncryptedObject(parsing: first[...]).dataKey == (try EncryptedObject(parsing: second[...]).dataKey))
        #expect(try await Self.open(envelope, first) == TransformedValue(bytes: [1, 2, 3]))
        #expect(service.takeCalls() == [])
    }

    @Test("Another process asks the service once for all values of a data key")
    func decryptsOnce() async throws {
        let service = FakeKeyManagement()
        service.answer(annotations: ["a.example.com": [1, 2]])
        let writer = Self.envelope(service)
        await writer.probe()
        let values = try (0..<10).map { try Self.seal(writer, [UInt8($0)]) }
        let reader = Self.envelope(service)
        await reader.probe()
        _ = service.takeCalls()
        for (index, value) in values.enumerated() {
            // The same key of the service, so not stale, though the data key is another.
            #expect(try await Self.open(reader, value) == TransformedValue(bytes: [UInt8(index)]))
        }
        #expect(service.takeCalls() == ["decrypt"])
    }

    @Test("When the service's key changes, new values have a new data key and old ones are stale")
    func rotates() async throws {
        let service = FakeKeyManagement()
        let envelope = Self.envelope(service)
        await envelope.probe()
        let old = try Self.seal(envelope)
        service.keyID = "key-2"
        #expect(try await !Self.open(envelope, old).isStale)
        await envelope.probe()
        let new = try Self.seal(envelope)
        #expect(try EncryptedObject(parsing: new[...]).dataKey.keyID == "key-2")
        #expect(try await Self.open(envelope, old) == TransformedValue(bytes: [1, 2, 3], isStale: true))
        #expect(try await Self.open(envelope, new) == TransformedValue(bytes: [1, 2, 3]))
    }

    @Test("A moved value, and one with changed bytes, are unreadable")
    func binds() async throws {
        let service = FakeKeyManagement()
        let envelope = Self.envelope(service)
        await envelope.probe()
        var stored = try Self.seal(envelope)
        let moved = try await thrown(EncryptionError.self) { [stored] in
            try await envelope.open(stored[...], authenticatedData: Array("/b".utf8))
        }
        #expect(moved.code == .unreadable)
        for position in 2..<60 {
            stored[position] ^= 1
            let changed = try await thrown(EncryptionError.self) { [stored] in try await Self.open(envelope, stored) }
            #expect(changed.code == .unreadable)
            stored[position] ^= 1
        }
    }

    @Test("Without the service, what it decrypted before is read and written; what is new says that it can't be asked now")
    func outlivesOutages() async throws {
        let service = FakeKeyManagement()
        let envelope = Self.envelope(service)
        await envelope.probe()
        let own = try Self.seal(envelope)
        let other = Self.envelope(service)
        await other.probe()
        let foreign = try Self.seal(other)
        service.fail(KeyManagementError(isPassing: true, "on fire"))
        #expect(await !envelope.probe())
        #expect(try await Self.open(envelope, own).bytes == [1, 2, 3])
        _ = try Self.seal(envelope)
        let reading = try await thrown(EncryptionError.self) { try await Self.open(envelope, foreign) }
        #expect(reading.code == .keyServiceUnavailable)
        #expect(reading.message.contains("on fire"))
        let health = try await thrown(EncryptionError.self) { try envelope.checkHealth() }
        #expect(health.message.contains("on fire"))
        service.fail(nil)
        #expect(await envelope.probe())
        #expect(try await Self.open(envelope, foreign).bytes == [1, 2, 3])
        try envelope.checkHealth()
    }

    @Test("Writing ends when the service hasn't been well for too long; reading doesn't")
    func writesForATime() async throws {
        let service = FakeKeyManagement()
        let envelope = Self.envelope(service, timing: .init(writeLifetime: .milliseconds(1)))
        await envelope.probe()
        try await eventually("the end of the data key's time") {
            do {
                _ = try Self.seal(envelope)
                return false
            } catch let error as EncryptionError {
                return error.code == .keyServiceUnavailable
            }
        }
    }

    @Test("A value of a key that the service has lost is unreadable")
    func tellsLostKeys() async throws {
        let service = FakeKeyManagement()
        let writer = Self.envelope(service)
        await writer.probe()
        let stored = try Self.seal(writer)
        service.lose("key-1")
        service.keyID = "key-2"
        let reader = Self.envelope(service)
        await reader.probe()
        let error = try await thrown(EncryptionError.self) { try await Self.open(reader, stored) }
        #expect(error.code == .unreadable)
        #expect(error.message.contains("key-1"))
    }

    @Test("A service that says that it isn't well, or speaks another version, or names no key, isn't well", arguments: 0..<4)
    func checksTheStatus(_ number: Int) async throws {
        let service = FakeKeyManagement()
        switch number {
        case 0: service.answer(healthz: "the disk is full")
        case 1: service.answer(version: "v1")
        case 2: service.keyID = ""
        default: service.answer(encryptKeyID: "another")
        }
        let envelope = Self.envelope(service)
        #expect(await !envelope.probe())
        let error = try await thrown(EncryptionError.self) { try envelope.checkHealth() }
        #expect(error.code == .keyServiceUnavailable)
    }

    @Test("The service is asked at intervals, more often while it isn't well, until the end")
    func polls() async throws {
        let service = FakeKeyManagement()
        service.fail(KeyManagementError(isPassing: true, "not yet"))
        let envelope = Self.envelope(service, timing: .init(healthyInterval: .milliseconds(10), unhealthyInterval: .milliseconds(1)))
        let run = Task { try await envelope.run() }
        try await eventually("a third question") { service.callCount >= 3 }
        service.fail(nil)
        try await envelope.waitUntilReady()
        service.keyID = "key-2"
        try await eventually("the new key") {
            try EncryptedObject(parsing: try Self.seal(envelope)[...]).dataKey.keyID == "key-2"
        }
        run.cancel()
        try await run.value
    }

    @Test("Waiting for a service ends with the task")
    func waitingEnds() async throws {
        let envelope = Self.envelope(FakeKeyManagement())
        let task = Task { try await envelope.waitUntilReady() }
        task.cancel()
        _ = try await thrown(CancellationError.self) { try await task.value }
    }
}
