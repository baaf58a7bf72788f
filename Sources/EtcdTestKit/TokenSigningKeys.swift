//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A pair of RSA keys with which a cluster signs the tokens of its users.
public struct TokenSigningKeys: Sendable {
    /// The PEM file of the public key.
    public let publicKey: String
    /// The PEM file of the private key.
    public let privateKey: String

    /// Runs `body` with a pair of keys, which are then removed.
    public static func withKeys<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: (TokenSigningKeys) async throws -> Result
    ) async throws -> Result {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let keys = TokenSigningKeys(publicKey: directory.file("token.pub"), privateKey: directory.file("token.key"))
        _ = try await ChildProcess.run(
            "openssl", ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", keys.privateKey])
        _ = try await ChildProcess.run("openssl", ["pkey", "-in", keys.privateKey, "-pubout", "-out", keys.publicKey])
        return try await body(keys)
    }

    /// The flag that has a member sign tokens which live so many seconds.
    public func flag(seconds: Int) -> String {
        "--auth-token=jwt,pub-key=\(publicKey),priv-key=\(privateKey),sign-method=RS256,ttl=\(seconds)s"
    }
}
