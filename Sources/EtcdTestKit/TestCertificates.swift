//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A throw-away certificate authority with one certificate for servers and one for clients, as PEM files.
public struct TestCertificates: Sendable {
    /// The authority's certificate.
    public let authority: String
    /// The servers' certificate, for 127.0.0.1, ::1 and localhost.
    public let serverCertificate: String
    /// The servers' private key.
    public let serverKey: String
    /// The clients' certificate, whose common name is `keelson-test`.
    public let clientCertificate: String
    /// The clients' private key.
    public let clientKey: String

    /// Makes the certificates in a directory, by the openssl command.
    static func make(in directory: TemporaryDirectory) async throws(EtcdTestKitError) -> TestCertificates {
        try directory.write(
            """
            [req]
            distinguished_name = name
            prompt = no
            [name]
            CN = keelson-test-authority
            [authority]
            basicConstraints = critical, CA:TRUE
            keyUsage = critical, keyCertSign, cRLSign
            subjectKeyIdentifier = hash
            [leaf]
            basicConstraints = critical, CA:FALSE
            keyUsage = critical, digitalSignature
            extendedKeyUsage = serverAuth, clientAuth
            subjectAltName = IP:127.0.0.1, IP:::1, DNS:localhost

            """, to: "openssl.cnf")
        let configuration = directory.file("openssl.cnf")
        let authority = directory.file("ca.crt")
        try await makeKey(directory.file("ca.key"))
        _ = try await ChildProcess.run(
            "openssl",
            [
                "req", "-x509", "-new", "-key", directory.file("ca.key"), "-config", configuration, "-extensions", "authority", "-days", "30",
                "-out", authority,
            ])
        for (name, commonName) in [("server", "keelson-test-server"), ("client", "keelson-test")] {
            try await makeKey(directory.file("\(name).key"))
            _ = try await ChildProcess.run(
                "openssl",
                [
                    "req", "-new", "-key", directory.file("\(name).key"), "-config", configuration, "-subj", "/CN=\(commonName)",
                    "-out", directory.file("\(name).csr"),
                ])
            _ = try await ChildProcess.run(
                "openssl",
                [
                    "x509", "-req", "-in", directory.file("\(name).csr"), "-CA", authority, "-CAkey", directory.file("ca.key"), "-CAcreateserial",
                    "-days", "30", "-extfile", configuration, "-extensions", "leaf", "-out", directory.file("\(name).crt"),
                ])
        }
        return TestCertificates(
            authority: authority, serverCertificate: directory.file("server.crt"), serverKey: directory.file("server.key"),
            clientCertificate: directory.file("client.crt"), clientKey: directory.file("client.key"))
    }

    private static func makeKey(_ path: String) async throws(EtcdTestKitError) {
        // PKCS#8, which every TLS library reads.
        _ = try await ChildProcess.run("openssl", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path])
    }
}
