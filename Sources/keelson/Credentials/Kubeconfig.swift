//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// The file that tells kubectl where the server is, whom to trust, and what token to show.
struct Kubeconfig {
    let server: String
    /// Who vouches for the server; nil leaves it to the system's own authorities.
    let authorityPEM: String?
    let token: String

    /// The file's text.
    var yaml: String {
        let authority = authorityPEM.map { "    certificate-authority-data: \(Data($0.utf8).base64EncodedString())\n" } ?? ""
        return """
            apiVersion: v1
            kind: Config
            clusters:
            - name: keelson
              cluster:
                server: \(server)
            \(authority)users:
            - name: admin
              user:
                token: \(token)
            contexts:
            - name: keelson
              context:
                cluster: keelson
                user: admin
            current-context: keelson

            """
    }
}
