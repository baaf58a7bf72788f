//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Crypto
import Storage
import StorageEncryption
import Testing

@Suite("Ciphers")
struct CipherTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var overhead: ClosedRange<Int>
        /// Changed bytes are always noticed.
        var isAuthenticated: Bool
        /// So is a move to another key of the store.
        var isBound: Bool
        var make: @Sendable (_ seed: UInt8) -> any ValueCipher
    }

    static func key(_ seed: UInt8, _ size: Int) -> SymmetricKey { SymmetricKey(data: [UInt8](repeating: seed, count: size)) }

    static let cases: [Case] = {
        var cases: [Case] = []
        for size in [16, 24, 32] {
            cases.append(
                Case(testDescription: "AES-GCM \(size * 8)", overhead: 28...28, isAuthenticated: true, isBound: true) {
                    AESGCMCipher(key: key($0, size))
                })
            cases.append(
                Case(testDescription: "AES-CBC \(size * 8)", overhead: 17...32, isAuthenticated: false, isBound: false) {
                    AESCBCCipher(key: key($0, size))
                })
        }
        #if Secretbox
        cases.append(
            Case(testDescription: "secretbox", overhead: 40...40, isAuthenticated: true, isBound: false) { SecretboxCipher(key: key($0, 32)) })
        #endif
        return cases
    }()

    static func seal(_ cipher: any ValueCipher, _ bytes: [UInt8], at key: String = "/registry/a") async throws -> [UInt8] {
        var stored: [UInt8] = []
        try await cipher.seal(bytes, authenticatedData: Array(key.utf8), into: &stored)
        return stored
    }

    static func open(_ cipher: any ValueCipher, _ sealed: [UInt8], at key: String = "/registry/a") async throws -> [UInt8] {
        // A slice that doesn't begin at zero, as it is behind a prefix.
        try await cipher.open(([1, 2, 3] + sealed)[3...], authenticatedData: Array(key.utf8)).bytes
    }

    @Test("What was sealed opens to the same, whatever its size", arguments: cases)
    func roundTrips(_ test: Case) async throws {
        let cipher = test.make(1)
        for size in [0, 1, 15, 16, 17, 31, 32, 1000, 65536] {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 * 7) }
            let sealed = try await Self.seal(cipher, bytes)
            #expect(test.overhead.contains(sealed.count - size))
            #expect(try await Self.open(cipher, sealed) == bytes)
        }
    }

    @Test("It is appended to what is there", arguments: cases)
    func appends(_ test: Case) async throws {
        var stored = Array("prefix:".utf8)
        try await test.make(1).seal([1, 2, 3], authenticatedData: [], into: &stored)
        #expect(stored.starts(with: "prefix:".utf8))
        #expect(try await test.make(1).open(stored[7...], authenticatedData: []).bytes == [1, 2, 3])
    }

    @Test("The same value is sealed differently each time", arguments: cases)
    func isRandom(_ test: Case) async throws {
        var seen: Set<[UInt8]> = []
        for _ in 0..<100 { seen.insert(Array(try await Self.seal(test.make(1), [1, 2, 3]).prefix(12))) }
        #expect(seen.count == 100)
    }

    @Test("Another key opens nothing", arguments: cases)
    func refusesOtherKeys(_ test: Case) async throws {
        let bytes = Array("a value of some length, more than one block".utf8)
        for seed in UInt8(2)...32 {
            let sealed = try await Self.seal(test.make(1), bytes)
            do {
                // Without authentication a wrong key is noticed by the padding alone, most of the time.
                #expect(try await Self.open(test.make(seed), sealed) != bytes)
                #expect(!test.isAuthenticated)
            } catch let error as EncryptionError {
                #expect(error.code == .unreadable)
            }
        }
    }

    @Test("A value with any bit changed does not open", arguments: cases.filter(\.isAuthenticated))
    func refusesChanges(_ test: Case) async throws {
        let cipher = test.make(1)
        let sealed = try await Self.seal(cipher, [1, 2, 3])
        for position in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[position] ^= 1 << bit
                let error = try await thrown(EncryptionError.self) { try await Self.open(cipher, changed) }
                #expect(error.code == .unreadable)
            }
        }
    }

    @Test("A value cut short, or longer than it was, does not open", arguments: cases)
    func refusesOtherLengths(_ test: Case) async throws {
        let cipher = test.make(1)
        let sealed = try await Self.seal(cipher, [1, 2, 3])
        // Of CBC's two blocks each cut is noticed: the first is the vector.
        for count in 0..<sealed.count {
            let error = try await thrown(EncryptionError.self) { try await Self.open(cipher, Array(sealed.prefix(count))) }
            #expect(error.code == .unreadable)
        }
        let error = try await thrown(EncryptionError.self) { try await Self.open(cipher, sealed + [0]) }
        #expect(error.code == .unreadable)
    }

    @Test("A value moved to another key of the store opens only where the cipher doesn't bind it", arguments: cases)
    func bindsToTheKey(_ test: Case) async throws {
        let cipher = test.make(1)
        let sealed = try await Self.seal(cipher, [1, 2, 3], at: "/registry/a")
        if test.isBound {
            let error = try await thrown(EncryptionError.self) { try await Self.open(cipher, sealed, at: "/registry/b") }
            #expect(error.code == .unreadable)
        } else {
            #expect(try await Self.open(cipher, sealed, at: "/registry/b") == [1, 2, 3])
        }
    }

    @Test("Plain values stay as they are, and encrypted ones don't pass for plain ones")
    func plain() async throws {
        let cipher = PlainCipher()
        #expect(try await Self.seal(cipher, [1, 2, 3]) == [1, 2, 3])
        #expect(try await Self.open(cipher, [1, 2, 3]) == [1, 2, 3])
        #expect(try await Self.open(cipher, Array("k8s\0x".utf8)) == Array("k8s\0x".utf8))
        let error = try await thrown(EncryptionError.self) { try await Self.open(cipher, Array("k8s:enc:aesgcm:v1:key1:x".utf8)) }
        #expect(error.code == .unreadable)
    }
}
