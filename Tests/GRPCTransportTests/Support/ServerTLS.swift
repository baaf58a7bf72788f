//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import NIOCore
import NIOSSL

/// The TLS of a server that reads for each connection what it shows.
func serverTLS(showing pair: TestCertificates.Pair, clientAuthority: String) throws -> NIOSSLContext {
    var settings = TLSConfiguration.makeServerConfiguration(
        certificateChain: try NIOSSLCertificate.fromPEMFile(pair.certificate).map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(file: pair.key, format: .pem)))
    settings.sslContextCallback = { _, promise in
        promise.completeWith(
            Result {
                var shown = NIOSSLContextConfigurationOverride()
                shown.certificateChain = try NIOSSLCertificate.fromPEMFile(pair.certificate).map { .certificate($0) }
                shown.privateKey = .privateKey(try NIOSSLPrivateKey(file: pair.key, format: .pem))
                return shown
            })
    }
    settings.applicationProtocols = ["h2"]
    settings.certificateVerification = .noHostnameVerification
    settings.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(clientAuthority))
    return try NIOSSLContext(configuration: settings)
}

/// A server's TLS.
func serverTLS(
    _ pair: TestCertificates.Pair, protocols: [String] = ["h2"], clientAuthority: String? = nil, maximum: TLSVersion? = nil
) throws -> NIOSSLContext {
    var settings = TLSConfiguration.makeServerConfiguration(
        certificateChain: try NIOSSLCertificate.fromPEMFile(pair.certificate).map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(file: pair.key, format: .pem)))
    settings.applicationProtocols = protocols
    if let maximum {
        settings.minimumTLSVersion = .tlsv1
        settings.maximumTLSVersion = maximum
    }
    if let clientAuthority {
        settings.certificateVerification = .noHostnameVerification
        settings.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(clientAuthority))
    }
    return try NIOSSLContext(configuration: settings)
}
