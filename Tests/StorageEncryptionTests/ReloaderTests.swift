//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import LogRecording
import Logging
import Storage
import StorageEncryption
import TestWaiting
import Testing

@Suite("Reloading the configuration")
struct ReloaderTests {
    typealias Texts = EncryptionConfigurationTests

    static let secrets = GroupResource(group: "", resource: "secrets")

    static func with(
        _ text: String, timing: EncryptionConfigurationReloader.Timing = .init(interval: nil),
        keyManagement: EncryptionTransformers.KeyManagementFactory? = nil,
        _ body: (EncryptionConfigurationReloader, TemporaryFile, LogRecorder) async throws -> Void
    ) async throws {
        let file = try TemporaryFile(text)
        let log = LogRecorder()
        let reloader = try EncryptionConfigurationReloader(path: file.path, keyManagement: keyManagement, timing: timing, logger: log.logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await reloader.run() }
            do {
                try await body(reloader, file, log)
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
            try await group.waitForAll()
        }
        try file.remove()
    }

    static func prefix(_ reloader: EncryptionConfigurationReloader) async throws -> String {
        let stored = try await reloader.transformer(for: secrets).transformToStorage([0], authenticatedData: [1])
        return String(decoding: stored.prefix { $0 >= 32 && $0 < 127 }.prefix(22), as: UTF8.self)
    }

    static let first = Texts.provider("aesgcm: {keys: [\(Texts.key(name: "one"))]}")
    static let second = Texts.provider("aesgcm: {keys: [\(Texts.key(name: "two")), \(Texts.key(name: "one"))]}")

    @Test("A changed file takes effect for the transformers that are in use")
    func takesEffect() async throws {
        try await Self.with(Self.first) { reloader, file, _ in
            let transformer = reloader.transformer(for: Self.secrets)
            let old = try await transformer.transformToStorage([1], authenticatedData: [2])
            #expect(old.starts(with: "k8s:enc:aesgcm:v1:one:".utf8))
            #expect(try await !reloader.reload())
            try file.write(Self.second)
            #expect(try await reloader.reload())
            #expect(reloader.generation == 2)
            #expect(try await transformer.transformToStorage([1], authenticatedData: [2]).starts(with: "k8s:enc:aesgcm:v1:two:".utf8))
            #expect(try await transformer.transformFromStorage(old, authenticatedData: [2]) == TransformedValue(bytes: [1], isStale: true))
            #expect(try await !reloader.reload())
        }
    }

    @Test("The file is looked at by itself, at an interval")
    func watches() async throws {
        try await Self.with(Self.first, timing: .init(interval: .milliseconds(5))) { reloader, file, _ in
            try file.write(Self.second)
            try await eventually("the new key") { try await Self.prefix(reloader) == "k8s:enc:aesgcm:v1:two:" }
        }
    }

    @Test("A file that is wrong, or gone, changes nothing, is told once, and the next right one takes effect")
    func keepsTheLastGood() async throws {
        try await Self.with(Self.first) { reloader, file, log in
            try file.write(Texts.provider("aesgcm: {keys: [{name: two, secret: 'hush'}]}"))
            for _ in 0..<3 {
                let error = try await thrown(EncryptionConfigurationError.self) { try await reloader.reload() }
                #expect(error.problems.map(\.path) == ["resources[0].providers[0].aesgcm.keys[0].secret"])
            }
            let failures = log.lines.filter { $0.level == .error && $0.message.contains("last good") && $0["error"].contains("keys[0].secret") }
            #expect(failures.count == 1)
            #expect(!log.lines.contains { $0.description.contains("hush") })
            try file.remove()
            _ = try await thrown(EncryptionConfigurationError.self) { try await reloader.reload() }
            #expect(try await Self.prefix(reloader) == "k8s:enc:aesgcm:v1:one:")
            #expect(reloader.generation == 1)
            try file.write(Self.second)
            #expect(try await reloader.reload())
            #expect(try await Self.prefix(reloader) == "k8s:enc:aesgcm:v1:two:")
        }
    }

    @Test("A file that can't be used at first is an error that names it")
    func needsAGoodStart() async throws {
        let file = try TemporaryFile("kind: nothing")
        let error = try await thrown(EncryptionConfigurationError.self) {
            try EncryptionConfigurationReloader(path: file.path, logger: Logger(label: "test"))
        }
        #expect(error.description.hasPrefix(file.path))
        try file.remove()
        let missing = try await thrown(EncryptionConfigurationError.self) {
            try EncryptionConfigurationReloader(path: file.path, logger: Logger(label: "test"))
        }
        #expect(missing.description.contains("can't be read"))
    }

    static let service = Texts.kms("name: p, endpoint: 'unix:///unused'")

    @Test("A new key management service is asked before it takes effect; one that doesn't answer changes nothing")
    func waitsForServices() async throws {
        let service = FakeKeyManagement()
        service.fail(KeyManagementError(isPassing: true, "starting"))
        let timing = EncryptionConfigurationReloader.Timing(
            interval: nil, readinessTimeout: .milliseconds(200), envelope: .init(unhealthyInterval: .milliseconds(5)))
        try await Self.with(Self.first, timing: timing, keyManagement: { _, _ in service }) { reloader, file, log in
            try file.write(Self.service)
            let error = try await thrown(EncryptionError.self) { try await reloader.reload() }
            #expect(error.message.contains("starting"))
            #expect(try await Self.prefix(reloader) == "k8s:enc:aesgcm:v1:one:")
            service.fail(nil)
            #expect(try await reloader.reload())
            #expect(try await Self.prefix(reloader).hasPrefix("k8s:enc:kms:v2:p:"))
            try reloader.checkHealth()
        }
    }

    @Test("A service of the first file is run too, and is waited for")
    func runsTheFirst() async throws {
        let service = FakeKeyManagement()
        try await Self.with(Self.service, keyManagement: { _, _ in service }) { reloader, _, _ in
            try await reloader.waitUntilReady()
            #expect(try await Self.prefix(reloader).hasPrefix("k8s:enc:kms:v2:p:"))
        }
    }

    @Test("Who asks for a look after the end is told that there is none")
    func ends() async throws {
        let file = try TemporaryFile(Self.first)
        let reloader = try EncryptionConfigurationReloader(path: file.path, logger: Logger(label: "test"))
        let run = Task { try await reloader.run() }
        _ = try await reloader.reload()
        run.cancel()
        try await run.value
        _ = try await thrown(CancellationError.self) { try await reloader.reload() }
        try file.remove()
    }
}
