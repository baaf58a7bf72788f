//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
import SwiftASN1
import SystemPackage
import X509

/// The certificate authority of one data directory, and the server certificate it signed.
///
/// Made on the first start. The server certificate is made anew when it nears its end or doesn't name the address served; the authority stays, so
/// that kubeconfig files keep working.
struct ServingCertificates {
    let authorityFile: FilePath
    let certificateFile: FilePath
    let keyFile: FilePath
    /// The authority's certificate, for kubeconfig files.
    let authorityPEM: String

    private static let authorityLifetime: TimeInterval = 10 * 365 * 86_400
    private static let serverLifetime: TimeInterval = 365 * 86_400
    private static let renewalMargin: TimeInterval = 30 * 86_400

    /// Takes the certificates of a data directory, making what is missing or about to expire.
    /// - Parameter addresses: host names and IP addresses that clients will use.
    static func prepare(in directory: DataDirectory, addresses: [String], now: Date = Date()) throws -> ServingCertificates {
        let files = (
            authority: directory.file("pki", "ca.crt"), authorityKey: directory.file("pki", "ca.key"),
            certificate: directory.file("pki", "server.crt"), key: directory.file("pki", "server.key")
        )
        let authority = try loadAuthority(directory, certificate: files.authority, key: files.authorityKey, now: now)
        if try !isUsable(directory, certificate: files.certificate, key: files.key, authority: authority, addresses: addresses, now: now) {
            try issue(directory, certificate: files.certificate, key: files.key, authority: authority, addresses: addresses, now: now)
        }
        return ServingCertificates(
            authorityFile: files.authority, certificateFile: files.certificate, keyFile: files.key,
            authorityPEM: try authority.certificate.serializeAsPEM().pemString + "\n")
    }

    private struct Authority {
        let certificate: Certificate
        let key: P256.Signing.PrivateKey
    }

    private static func loadAuthority(_ directory: DataDirectory, certificate: FilePath, key: FilePath, now: Date) throws -> Authority {
        let storedCertificate = try directory.read(certificate)
        let storedKey = try directory.read(key)
        switch (storedCertificate, storedKey) {
        case (nil, nil):
            return try makeAuthority(directory, certificate: certificate, key: key, now: now)
        case (let storedCertificate?, let storedKey?):
            let authority: Authority
            do {
                authority = Authority(
                    certificate: try Certificate(pemEncoded: storedCertificate), key: try P256.Signing.PrivateKey(pemRepresentation: storedKey))
            } catch {
                throw SetupError(
                    "can't use the certificate authority in \(certificate): \(error). Remove \(certificate) and \(key) to have a new one made")
            }
            guard authority.certificate.notValidAfter > now.addingTimeInterval(serverLifetime / 12) else {
                throw SetupError("the certificate authority in \(certificate) has expired. Remove \(certificate) and \(key) to have a new one made")
            }
            return authority
        case (nil, _), (_, nil):
            throw SetupError("only one of \(certificate) and \(key) is there: restore the other, or remove both to have new ones made")
        }
    }

    private static func makeAuthority(_ directory: DataDirectory, certificate: FilePath, key: FilePath, now: Date) throws -> Authority {
        let privateKey = P256.Signing.PrivateKey()
        let name = try DistinguishedName { CommonName("keelson-ca") }
        let made = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(privateKey.publicKey),
            notValidBefore: now.addingTimeInterval(-3_600), notValidAfter: now.addingTimeInterval(authorityLifetime),
            issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            },
            issuerPrivateKey: .init(privateKey))
        try directory.write(privateKey.pemRepresentation + "\n", to: key)
        try directory.write(try made.serializeAsPEM().pemString + "\n", to: certificate)
        return Authority(certificate: made, key: privateKey)
    }

    private static func isUsable(
        _ directory: DataDirectory, certificate: FilePath, key: FilePath, authority: Authority, addresses: [String], now: Date
    ) throws -> Bool {
        guard let storedCertificate = try directory.read(certificate), let storedKey = try directory.read(key) else { return false }
        guard let stored = try? Certificate(pemEncoded: storedCertificate),
            let privateKey = try? P256.Signing.PrivateKey(pemRepresentation: storedKey)
        else { return false }  // Unreadable is unusable: it is made anew, nothing depends on the old one.
        let names = try stored.extensions.subjectAlternativeNames
        let wanted = subjectNames(addresses)
        return stored.publicKey == .init(privateKey.publicKey)
            && stored.notValidAfter > now.addingTimeInterval(renewalMargin)
            && authority.certificate.publicKey.isValidSignature(stored.signature, for: stored)
            && wanted.allSatisfy { names?.contains($0) ?? false }
    }

    private static func issue(
        _ directory: DataDirectory, certificate: FilePath, key: FilePath, authority: Authority, addresses: [String], now: Date
    ) throws {
        let privateKey = P256.Signing.PrivateKey()
        let made = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(privateKey.publicKey),
            notValidBefore: now.addingTimeInterval(-3_600), notValidAfter: now.addingTimeInterval(serverLifetime),
            issuer: authority.certificate.subject, subject: try DistinguishedName { CommonName("keelson") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(subjectNames(addresses))
            },
            issuerPrivateKey: .init(authority.key))
        // The key first: a crash in between leaves a pair that doesn't match, which the next start replaces.
        try directory.write(privateKey.pemRepresentation + "\n", to: key)
        try directory.write(try made.serializeAsPEM().pemString + "\n", to: certificate)
    }

    private static func subjectNames(_ addresses: [String]) -> [GeneralName] {
        addresses.map { address in
            if let bytes = IPAddress.bytes(of: address) { .ipAddress(ASN1OctetString(contentBytes: bytes[...])) } else { .dnsName(address) }
        }
    }
}
