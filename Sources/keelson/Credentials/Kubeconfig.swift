//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// The file that tells kubectl where the server is, whom to trust, and what token to show.
struct Kubeconfig {
    let server: String
    let authorityPEM: String
    let token: String

    /// The file's text.
    var yaml: String {
        """
        apiVersion: v1
        kind: Config
        clusters:
        - name: keelson
          cluster:
            server: \(server)
            certificate-authority-data: \(Data(authorityPEM.utf8).base64EncodedString())
        users:
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
