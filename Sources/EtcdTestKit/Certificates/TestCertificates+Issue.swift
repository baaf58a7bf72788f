//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

extension TestCertificates {
    /// Makes another certificate.
    /// - Parameters:
    ///   - kind: what is right or wrong with it.
    ///   - name: part of the files' names.
    ///   - commonName: whom it names; to a cluster with users it is the user.
    ///   - authority: who signs; nil for ``root``.
    public func issue(
        _ kind: Kind = .valid, name: String, commonName: String = "keelson-test-server", by authority: Authority? = nil
    ) async throws(EtcdTestKitError) -> Pair {
        let unique = "\(name)-\(UUID().uuidString.prefix(8))"
        return try await Self.issue(kind, name: unique, commonName: commonName, by: authority ?? root, in: directory)
    }

    /// Writes the list of those certificates of ``root`` that are no longer good, at once: who reads the file sees the old or the new.
    public func revoke(_ pairs: [Pair], into path: String) async throws(EtcdTestKitError) {
        let name = "revoked-\(UUID().uuidString.prefix(8))"
        let configuration = directory.file("\(name).cnf")
        try directory.write(Self.configuration(hosts: ["localhost"], database: name, in: directory), to: "\(name).cnf")
        try directory.write("", to: "\(name).index")
        let command = ["ca", "-batch", "-config", configuration, "-cert", root.certificate, "-keyfile", root.key]
        for pair in pairs { _ = try await ChildProcess.run("openssl", command + ["-revoke", pair.certificate]) }
        let list = directory.file("\(name).pem")
        _ = try await ChildProcess.run("openssl", command + ["-gencrl", "-crldays", "30", "-out", list])
        try Self.replace(path, by: list)
    }

    /// Makes another authority, of the same name.
    public func makeAuthority() async throws(EtcdTestKitError) -> Authority { try await Self.makeAuthority(in: directory) }

    /// A copy of a pair, to be replaced later without harm to others.
    public func copy(_ pair: Pair, name: String) throws(EtcdTestKitError) -> Pair {
        let unique = "\(name)-\(UUID().uuidString.prefix(8))"
        let copy = Pair(certificate: directory.file("\(unique).crt"), key: directory.file("\(unique).key"))
        try directory.write(TemporaryDirectory.text(of: pair.certificate), to: "\(unique).crt")
        try directory.write(TemporaryDirectory.text(of: pair.key), to: "\(unique).key")
        return copy
    }

    /// One file with the certificates of several, such as an old authority's and a new one's.
    public func bundle(_ certificates: [String], name: String) throws(EtcdTestKitError) -> String {
        let file = "\(name)-\(UUID().uuidString.prefix(8)).pem"
        try directory.write(certificates.map { TemporaryDirectory.text(of: $0) }.joined(), to: file)
        return directory.file(file)
    }

    /// Puts one file's contents in the place of another's, at once: who reads it sees the old or the new.
    public static func replace(_ path: String, by other: String) throws(EtcdTestKitError) {
        let temporary = "\(path).new"
        do {
            try Data(TemporaryDirectory.text(of: other).utf8).write(to: URL(fileURLWithPath: temporary))
        } catch {
            throw EtcdTestKitError("cannot write \(temporary): \(error)")
        }
        guard rename(temporary, path) == 0 else { throw EtcdTestKitError("cannot rename \(temporary): \(String(cString: strerror(errno)))") }
    }

    /// Puts one pair in the place of another: first the key, then the certificate.
    public static func replace(_ pair: Pair, by other: Pair) throws(EtcdTestKitError) {
        try replace(pair.key, by: other.key)
        try replace(pair.certificate, by: other.certificate)
    }

    static func makeAuthority(in directory: TemporaryDirectory) async throws(EtcdTestKitError) -> Authority {
        let name = "ca-\(UUID().uuidString.prefix(8))"
        try directory.write(configuration(hosts: ["localhost"], database: name, in: directory), to: "\(name).cnf")
        let authority = Authority(certificate: directory.file("\(name).crt"), key: directory.file("\(name).key"))
        try await makeKey(authority.key)
        _ = try await ChildProcess.run(
            "openssl",
            [
                "req", "-x509", "-new", "-key", authority.key, "-config", directory.file("\(name).cnf"), "-extensions", "authority", "-days", "30",
                "-out", authority.certificate,
            ])
        return authority
    }

    static func issue(
        _ kind: Kind, name: String, commonName: String, by authority: Authority, in directory: TemporaryDirectory
    ) async throws(EtcdTestKitError) -> Pair {
        var hosts = ["127.0.0.1", "::1", "localhost"]
        var authority = authority
        var dates = ["-days", "30"]
        switch kind {
        case .valid: break
        case .named(let names): hosts = names
        case .expired: dates = ["-startdate", "20200101000000Z", "-enddate", "20210101000000Z"]
        case .notYetValid: dates = ["-startdate", "20900101000000Z", "-enddate", "20910101000000Z"]
        case .foreignAuthority: authority = try await makeAuthority(in: directory)
        }
        let pair = Pair(certificate: directory.file("\(name).crt"), key: directory.file("\(name).key"))
        let configuration = directory.file("\(name).cnf")
        try directory.write(Self.configuration(hosts: hosts, database: name, in: directory), to: "\(name).cnf")
        try directory.write("", to: "\(name).index")
        try await makeKey(pair.key)
        let request = directory.file("\(name).csr")
        _ = try await ChildProcess.run(
            "openssl", ["req", "-new", "-key", pair.key, "-config", configuration, "-subj", "/CN=\(commonName)", "-out", request])
        _ = try await ChildProcess.run(
            "openssl",
            [
                "ca", "-batch", "-notext", "-config", configuration, "-in", request, "-out", pair.certificate, "-cert", authority.certificate,
                "-keyfile", authority.key, "-extensions", "leaf",
            ] + dates)
        return pair
    }

    private static func configuration(hosts: [String], database: String, in directory: TemporaryDirectory) -> String {
        let names = hosts.map { host in
            let isAddress = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
            return "\(isAddress ? "IP" : "DNS"):\(host)"
        }
        return """
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
            subjectAltName = \(names.joined(separator: ", "))
            [ca]
            default_ca = issuer
            [issuer]
            database = \(directory.file("\(database).index"))
            new_certs_dir = \(directory.path)
            rand_serial = yes
            default_md = sha256
            policy = anybody
            [anybody]
            commonName = supplied

            """
    }

    private static func makeKey(_ path: String) async throws(EtcdTestKitError) {
        // PKCS#8, which every TLS library reads.
        _ = try await ChildProcess.run("openssl", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path])
    }
}
