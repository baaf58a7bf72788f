//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// What a newcomer is told once the server can be used, and the kubeconfig that goes with it.
struct Announcement {
    let serving: ServingOptions
    let credentials: Credentials
    let directory: DataDirectory
    let endpoints: [String]

    /// Writes the kubeconfig, then tells where the server is and what to try.
    func make(port: Int) throws {
        let wildcard = ["0.0.0.0", "::"].contains(serving.bindAddress)
        let url = "https://\(IPAddress.inURL(wildcard ? "127.0.0.1" : serving.bindAddress)):\(port)"
        let kubeconfig = serving.kubeconfig.map { FilePath($0) } ?? directory.file("kubeconfig")
        try directory.write(
            Kubeconfig(server: url, authorityPEM: credentials.authorityPEM, token: credentials.token).yaml, to: kubeconfig)
        Progress.tell(
            """
            Keelson \(KeelsonVersion.current) is ready at \(url)
            kubeconfig: \(kubeconfig)
            etcd: \(endpoints.joined(separator: ","))

              export KUBECONFIG=\(kubeconfig)
              kubectl create namespace demo
              kubectl create deployment web --image=nginx --namespace demo
            """)
    }
}
