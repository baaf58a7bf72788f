//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A throw-away certificate authority with certificates for servers and for clients, as PEM files.
public struct TestCertificates: Sendable {
    /// A certificate and its key.
    public struct Pair: Sendable, Hashable {
        /// The certificate's file.
        public let certificate: String
        /// The private key's file.
        public let key: String
    }

    /// Who signs.
    public struct Authority: Sendable, Hashable {
        /// The certificate's file.
        public let certificate: String
        let key: String
    }

    /// What is right or wrong with a certificate. It names 127.0.0.1, ::1 and localhost where nothing else is said.
    public enum Kind: Sendable, Hashable {
        /// Nothing is wrong with it.
        case valid
        /// It names these hosts alone.
        case named([String])
        /// It was valid until 2021.
        case expired
        /// It will be valid from 2090 on.
        case notYetValid
        /// Another authority has signed it, of the same name.
        case foreignAuthority
    }

    /// The authority's certificate.
    public var authority: String { root.certificate }
    /// The servers' certificate, for 127.0.0.1, ::1 and localhost.
    public var serverCertificate: String { server.certificate }
    /// The servers' private key.
    public var serverKey: String { server.key }
    /// The clients' certificate, whose common name is `keelson-test`.
    public var clientCertificate: String { client.certificate }
    /// The clients' private key.
    public var clientKey: String { client.key }

    /// Who signs, unless another is named.
    public let root: Authority
    /// What servers show, unless they have one of their own.
    public let server: Pair
    /// What clients show.
    public let client: Pair

    let directory: TemporaryDirectory

    /// Makes the certificates in a directory, by the openssl command.
    static func make(in directory: TemporaryDirectory) async throws(EtcdTestKitError) -> TestCertificates {
        let root = try await makeAuthority(in: directory)
        return TestCertificates(
            root: root,
            server: try await issue(.valid, name: "server", commonName: "keelson-test-server", by: root, in: directory),
            client: try await issue(.valid, name: "client", commonName: "keelson-test", by: root, in: directory), directory: directory)
    }
}
