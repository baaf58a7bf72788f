//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOPosix
import NIOSSL
import Synchronization

/// What https connections are made with: made from files, made anew when these have changed, and kept when what is in them now is no good.
final class TLSCredentials: Sendable {
    /// One state of the files that made sense.
    struct Version: Sendable {
        /// Grows with each change.
        var number: Int
        var context: NIOSSLContext
        var expiry: Expiry
    }

    /// When the first of some certificates expires, in seconds since 1970.
    struct Expiry: Equatable {
        /// Of the client's and its intermediates; nil without any.
        var client: Int?
        /// Of the authorities that were named; nil for the system's.
        var authorities: Int?
    }

    private struct State {
        var current: (files: TLSFiles, version: Version)?
        /// What made no sense, so that it is complained of once.
        var rejected: TLSFiles?
        var unreadable: String?
    }

    /// How the files are read.
    typealias Reader = @Sendable (GRPCTLSConfiguration) throws(TLSFileError) -> TLSFiles

    let settings: GRPCTLSConfiguration
    private let read: Reader
    private let logger: Logger
    private let metrics: TransportMetrics
    private let state = Mutex(State())

    init(
        _ settings: GRPCTLSConfiguration, metrics: TransportMetrics, logger: Logger,
        read: @escaping Reader = { settings throws(TLSFileError) in try TLSFiles(settings) }
    ) {
        self.settings = settings
        self.read = read
        self.metrics = metrics
        self.logger = logger
    }

    /// Whether there is anything to reload.
    var hasFiles: Bool {
        if case .file = settings.trustRoots { return true }
        return settings.clientIdentity == nil && (settings.certificateChainFile != nil || settings.privateKeyFile != nil)
    }

    /// When certificates expire, as of the last reading.
    var expiry: Expiry { state.withLock { $0.current?.version.expiry } ?? Expiry() }

    /// Reads the files, and gives the newest version that is good.
    /// - Throws: when there has never been a good one.
    func newest() async throws -> Version {
        // Reads files, so not on a thread that others wait for.
        try await NIOThreadPool.singleton.runIfActive { try self.refresh() }
    }

    /// As ``newest()``. Blocks.
    func refresh() throws -> Version {
        while true {
            let before = state.withLock { $0.current?.version.number }
            if let version = try refresh(since: before) { return version }
        }
    }

    /// Nil when another has published meanwhile: what was read here may be older than that, and is to be read anew.
    private func refresh(since before: Int?) throws -> Version? {
        let files: TLSFiles
        do throws(TLSFileError) {
            files = try read(settings)
        } catch {
            return try fallBack(nil, because: error)
        }
        let known = state.withLock { state -> Version? in
            guard let current = state.current, current.files == files || state.rejected == files else { return nil }
            return current.version
        }
        if let known { return known }
        do {
            let (context, expiry) = try Self.make(files, settings)
            let made = state.withLock { state -> Version? in
                guard state.current?.version.number == before else { return nil }
                let version = Version(number: (before ?? 0) + 1, context: context, expiry: expiry)
                state.current = (files, version)
                state.rejected = nil
                state.unreadable = nil
                return version
            }
            guard let version = made else { return nil }
            metrics.certificatesExpire(expiry)
            if version.number > 1 { logger.info("TLS files changed; new connections use them", metadata: ["version": "\(version.number)"]) }
            return version
        } catch {
            return try fallBack(files, because: error)
        }
    }

    private func fallBack(_ files: TLSFiles?, because error: any Error) throws -> Version {
        let (version, isNews) = state.withLock { state -> (Version?, Bool) in
            let isNews = files.map { state.rejected != $0 } ?? (state.unreadable != "\(error)")
            if let files { state.rejected = files } else { state.unreadable = "\(error)" }
            return (state.current?.version, isNews)
        }
        guard let version else { throw ConnectionFailure(kind: .settings, reason: "\(error)") }
        if isNews { logger.warning("The TLS files make no sense; the last good ones stay in use", metadata: ["error": "\(error)"]) }
        return version
    }

    private static func make(_ files: TLSFiles, _ settings: GRPCTLSConfiguration) throws -> (NIOSSLContext, Expiry) {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.applicationProtocols = ["h2"]
        tls.certificateVerification = .fullVerification
        var expiry = Expiry()
        if let trust = files.trust {
            let roots = try reading("the trust roots") { try NIOSSLCertificate.fromPEMBytes(trust) }
            guard !roots.isEmpty else { throw ConnectionFailure(kind: .settings, reason: "the trust roots hold no certificate") }
            expiry.authorities = Self.earliestEnd(of: roots)
            tls.trustRoots = .certificates(roots)
        } else {
            tls.trustRoots = .default
        }
        let inMemory = settings.clientIdentity != nil
        let name = inMemory ? "the client's certificate" : settings.certificateChainFile ?? ""
        let keyName = inMemory ? "the client's private key" : settings.privateKeyFile ?? ""
        if let bytes = files.chain {
            let chain = try reading(name) { try NIOSSLCertificate.fromPEMBytes(bytes) }
            guard !chain.isEmpty else { throw ConnectionFailure(kind: .settings, reason: "\(name) holds no certificate") }
            expiry.client = Self.earliestEnd(of: chain)
            tls.certificateChain = chain.map { .certificate($0) }
        }
        if let bytes = files.key {
            tls.privateKey = .privateKey(try reading(keyName) { try NIOSSLPrivateKey(bytes: bytes, format: .pem) })
        }
        guard (files.chain == nil) == (files.key == nil) else {
            throw ConnectionFailure(kind: .settings, reason: GRPCTLSConfiguration.halfIdentity)
        }
        do {
            return (try NIOSSLContext(configuration: tls), expiry)
        } catch {
            throw ConnectionFailure(kind: .settings, reason: "\(name) and \(keyName) don't go together: \(error)")
        }
    }

    private static func earliestEnd(of certificates: [NIOSSLCertificate]) -> Int? { certificates.map { Int($0.notValidAfter) }.min() }

    private static func reading<Result>(_ what: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            throw ConnectionFailure(kind: .settings, reason: "\(what) can't be read as PEM: \(error)")
        }
    }
}
