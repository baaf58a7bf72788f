//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import Logging
import Synchronization
import Testing

@testable import GRPCTransport

@Suite("TLS files that change while they are read")
struct TLSCredentialsTests {
    /// Reads files, and has something happen before what was read is used.
    private final class Interrupted: Sendable {
        private let interruption: Mutex<(@Sendable () -> Void)?> = Mutex(nil)

        /// What happens once, after the next reading.
        func interrupt(_ body: @escaping @Sendable () -> Void) { interruption.withLock { $0 = body } }

        func read(_ settings: GRPCTLSConfiguration) throws(TLSFileError) -> TLSFiles {
            let files = Result { () throws(TLSFileError) in try TLSFiles(settings) }
            interruption.withLock { $0.take() }?()
            return try files.get()
        }
    }

    private static func withCredentials(
        _ body: (TLSCredentials, Interrupted, _ client: TestCertificates.Pair, _ fresh: TestCertificates.Pair) async throws -> Void
    ) async throws {
        try await TestCertificates.withCertificates { certificates in
            let client = try await certificates.issue(name: "client", commonName: "first")
            let fresh = try await certificates.issue(name: "fresh", commonName: "second")
            let settings = GRPCTLSConfiguration(
                trustRoots: .file(certificates.authority), certificateChainFile: client.certificate, privateKeyFile: client.key)
            let reader = Interrupted()
            let credentials = TLSCredentials(settings, metrics: TransportMetrics(factory: nil), logger: quiet) { settings throws(TLSFileError) in
                try reader.read(settings)
            }
            try await body(credentials, reader, client, fresh)
        }
    }

    /// Rotates the files and reads them to the end, as another lane does that connects at the same time.
    private static func rotate(
        _ credentials: TLSCredentials, _ client: TestCertificates.Pair, _ fresh: TestCertificates.Pair, _ version: borrowing Mutex<Int?>
    ) {
        do {
            try TestCertificates.replace(client, by: fresh)
            let number = try credentials.refresh().number
            version.withLock { $0 = number }
        } catch {
            Issue.record(error)
        }
    }

    private final class Rotation: Sendable { let version = Mutex<Int?>(nil) }

    @Test("Who has read the old files last doesn't bring them back", arguments: [false, true])
    func overtaken(isFirst: Bool) async throws {
        try await Self.withCredentials { credentials, reader, client, fresh in
            let before = isFirst ? 0 : try credentials.refresh().number
            let rotation = Rotation()
            reader.interrupt { Self.rotate(credentials, client, fresh, rotation.version) }
            let overtaken = try credentials.refresh().number
            let newest = rotation.version.withLock { $0 }
            #expect(newest == before + 1)
            #expect(overtaken == newest, "of the files as they are now")
            let again = try credentials.refresh().number
            #expect(again == newest)
        }
    }
}
