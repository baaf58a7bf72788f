//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import Foundation
import Synchronization

/// The files of a cluster's and its client's TLS, whose contents change.
final class ClusterCertificates: Sendable {
    /// What is wrong with a pair of files.
    enum Flaw: CaseIterable {
        case expired, notYetValid, wrongName, foreignAuthority, halfCertificate, halfKey, otherKey, missing

        /// What an error says of a server that has it, besides its name.
        var words: String {
            switch self {
            case .expired: "expired at 2021-01-01T00:00:00Z"
            case .notYetValid: "not valid before 2090-01-01T00:00:00Z"
            case .wrongName: "not for \""
            case .foreignAuthority: "no authority that is trusted"
            // What is wrong with its files only the server knows.
            case .halfCertificate, .halfKey, .otherKey, .missing: "the server could not complete the handshake"
            }
        }

        /// Whether the files make no sense, so that who reads them keeps what they had.
        var isDamage: Bool { [.halfCertificate, .halfKey, .otherKey, .missing].contains(self) }
    }

    let certificates: TestCertificates
    private let authority: Mutex<TestCertificates.Authority>

    init(_ cluster: EtcdCluster) throws {
        guard let certificates = cluster.certificates else { throw EtcdTestKitError("the cluster has no certificates") }
        self.certificates = certificates
        authority = Mutex(certificates.root)
    }

    /// Puts something flawed in the place of a pair.
    func spoil(_ pair: TestCertificates.Pair, by flaw: Flaw) async throws {
        switch flaw {
        case .expired: try await replace(pair, .expired)
        case .notYetValid: try await replace(pair, .notYetValid)
        case .wrongName: try await replace(pair, .named(["other.test"]))
        case .foreignAuthority: try await replace(pair, .foreignAuthority)
        case .halfCertificate: try cut(pair.certificate)
        case .halfKey: try cut(pair.key)
        case .otherKey: try TestCertificates.replace(pair.key, by: try await certificates.issue(name: "other", by: authority.withLock { $0 }).key)
        case .missing: try FileManager.default.removeItem(atPath: pair.certificate)
        }
    }

    /// Puts a new pair of the authority in the place of one.
    func renew(_ pair: TestCertificates.Pair) async throws { try await replace(pair, .valid) }

    private func replace(_ pair: TestCertificates.Pair, _ kind: TestCertificates.Kind) async throws {
        try TestCertificates.replace(
            pair, by: try await certificates.issue(kind, name: "new", commonName: "keelson-test", by: authority.withLock { $0 }))
    }

    private func cut(_ path: String) throws {
        let url = URL(fileURLWithPath: path)
        try Data(try Data(contentsOf: url).prefix(150)).write(to: url)
    }

    /// Has a new authority trusted besides the old one; what is renewed from here on is signed by it.
    func beginNewAuthority() async throws {
        let new = try await certificates.makeAuthority()
        let both = try certificates.bundle([certificates.authority, new.certificate], name: "both")
        try TestCertificates.replace(certificates.authority, by: both)
        authority.withLock { $0 = new }
    }

    /// Has the old authority trusted no longer.
    func endOldAuthority() throws { try TestCertificates.replace(certificates.authority, by: authority.withLock { $0 }.certificate) }
}
