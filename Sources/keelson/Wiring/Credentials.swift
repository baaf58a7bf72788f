//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIServer
import SystemPackage

/// What the server shows to clients, and what they show to it.
struct Credentials: CustomStringConvertible {
    let token: String
    let tls: ServerTLS
    /// For kubeconfig files: the authority that signed the server's certificate; nil when the operator's own certificate is used.
    let authorityPEM: String?

    /// Never the token: descriptions end up in logs.
    var description: String { "credentials" }

    init(serving: ServingOptions, directory: DataDirectory) throws {
        token = try AccessToken.prepare(in: directory)
        if let certificate = serving.tlsCertFile, let key = serving.tlsPrivateKeyFile {
            tls = ServerTLS(certificateChain: .file(certificate), privateKey: .file(key))
            authorityPEM = nil
        } else {
            let names = ["localhost", "127.0.0.1", "::1", serving.bindAddress] + serving.tlsName
            let made = try ServingCertificates.prepare(in: directory, addresses: names)
            tls = ServerTLS(certificateChain: .file(made.certificateFile.string), privateKey: .file(made.keyFile.string))
            authorityPEM = made.authorityPEM
        }
    }
}
