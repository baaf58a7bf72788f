//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOSSL

/// The certificate and key that a server shows.
public struct ServerTLS: Sendable {
    /// PEM text, or the file that holds it.
    public enum PEM: Sendable {
        /// A file, read when the server starts.
        case file(String)
        /// The text itself.
        case bytes([UInt8])
    }

    /// The server's certificate, followed by those that vouch for it.
    public var certificateChain: PEM
    /// Its private key.
    public var privateKey: PEM

    /// A certificate and its key.
    public init(certificateChain: PEM, privateKey: PEM) {
        self.certificateChain = certificateChain
        self.privateKey = privateKey
    }

    /// What NIOSSL needs: TLS 1.2 or later, no client certificates.
    func configuration() throws -> TLSConfiguration {
        let chain: [NIOSSLCertificate] =
            switch certificateChain {
            case .file(let path): try NIOSSLCertificate.fromPEMFile(path)
            case .bytes(let bytes): try NIOSSLCertificate.fromPEMBytes(bytes)
            }
        let key: NIOSSLPrivateKey =
            switch privateKey {
            case .file(let path): try NIOSSLPrivateKey(file: path, format: .pem)
            case .bytes(let bytes): try NIOSSLPrivateKey(bytes: bytes, format: .pem)
            }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        return configuration
    }
}
