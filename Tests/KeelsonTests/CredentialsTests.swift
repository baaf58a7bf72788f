//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import SwiftASN1
import SystemPackage
import Testing
import X509

@testable import keelson

@Suite("Credentials")
struct CredentialsTests {
    private func certificate(_ file: String?) throws -> Certificate {
        try Certificate(pemEncoded: try #require(file))
    }

    @Test("The server's certificate is signed by the authority and names every address")
    func issued() throws {
        try withDataDirectory { directory in
            let made = try ServingCertificates.prepare(in: directory, addresses: ["127.0.0.1", "::1", "localhost"])
            let authority = try Certificate(pemEncoded: made.authorityPEM)
            let server = try certificate(try directory.read(made.certificateFile))
            #expect(authority.publicKey.isValidSignature(server.signature, for: server))
            let names = try #require(try server.extensions.subjectAlternativeNames)
            #expect(Array(names).map { "\($0)" }.count == 3)
            #expect(names.contains(.dnsName("localhost")))
        }
    }

    @Test("Certificates are kept from one start to the next")
    func kept() throws {
        try withDataDirectory { directory in
            let first = try ServingCertificates.prepare(in: directory, addresses: ["localhost"])
            let text = try directory.read(first.certificateFile)
            let second = try ServingCertificates.prepare(in: directory, addresses: ["localhost"])
            #expect(first.authorityPEM == second.authorityPEM)
            #expect(try directory.read(second.certificateFile) == text)
        }
    }

    @Test("The server's certificate is made anew for a new address, near its end, and when its files are damaged; the authority stays")
    func renewed() throws {
        try withDataDirectory { directory in
            let first = try ServingCertificates.prepare(in: directory, addresses: ["localhost"])
            var last = try #require(try directory.read(first.certificateFile))
            func expectNew(_ why: String, addresses: [String], now: Date = Date()) throws {
                let made = try ServingCertificates.prepare(in: directory, addresses: addresses, now: now)
                let text = try #require(try directory.read(made.certificateFile))
                #expect(text != last, "\(why)")
                #expect(made.authorityPEM == first.authorityPEM, "\(why)")
                last = text
            }
            try expectNew("new address", addresses: ["localhost", "10.1.2.3"])
            try expectNew("near its end", addresses: ["localhost"], now: Date().addingTimeInterval(340 * 86_400))
            try directory.write("no key", to: first.keyFile)
            try expectNew("damaged key", addresses: ["localhost"])
        }
    }

    @Test("Half an authority is not silently replaced")
    func halfAuthority() throws {
        try withDataDirectory { directory in
            let made = try ServingCertificates.prepare(in: directory, addresses: ["localhost"])
            try FileManager.default.removeItem(atPath: directory.file("pki", "ca.key").string)
            let error = #expect(throws: SetupError.self) { try ServingCertificates.prepare(in: directory, addresses: ["localhost"]) }
            #expect(error?.description.contains(made.authorityFile.string) == true)
        }
    }

    @Test("The token is random, long, and kept")
    func token() throws {
        let tokens = try (0..<2).map { _ in
            try withDataDirectory { directory in
                let token = try AccessToken.prepare(in: directory)
                #expect(try AccessToken.prepare(in: directory) == token)
                return token
            }
        }
        #expect(tokens[0] != tokens[1])
        #expect(tokens.allSatisfy { $0.count >= 43 })
    }

    @Test("A token that is too short to be safe is refused")
    func shortToken() throws {
        try withDataDirectory { directory in
            try directory.write("secret\n", to: directory.file("token"))
            #expect(throws: SetupError.self) { try AccessToken.prepare(in: directory) }
        }
    }

    @Test(
        "Loopback is told from the rest",
        arguments: [
            ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("localhost", true), ("0.0.0.0", false), ("10.0.0.1", false), ("::", false),
        ])
    func loopback(address: String, isLoopback: Bool) {
        #expect(IPAddress.isLoopback(address) == isLoopback)
    }
}
