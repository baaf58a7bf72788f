//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif
import NIOSSL

/// Puts what a TLS library says into words that name the cause and the remedy.
enum TLSFailure {
    /// - Parameters:
    ///   - certificate: what the server showed, if it got that far.
    ///   - now: seconds since 1970.
    static func explain(
        _ error: any Error, certificate: NIOSSLCertificate?, name: String, hasClientCertificate: Bool, now: Int
    ) -> ConnectionFailure? {
        let text = "\(error)"
        if let extra = error as? NIOSSLExtraError {
            guard extra == .failedToValidateHostname || extra == .serverHostnameImpossibleToMatch else { return nil }
            return lasting(
                "the server's certificate is not for \"\(name)\"\(shown(certificate)); set serverName, or have it issued for that name", text)
        }
        guard error is NIOSSLError || error is BoringSSLError else { return nil }
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return lasting(distrust(certificate, now: now), text) }
        if let alert = alerts.first(where: { text.contains($0.token) }) {
            let clientCertificate = hasClientCertificate ? "does not accept our certificate" : "wants a client certificate, and none is configured"
            return lasting(alert.meaning ?? "the server \(clientCertificate)", text)
        }
        return nil
    }

    private static func lasting(_ reason: String, _ text: String) -> ConnectionFailure {
        ConnectionFailure(kind: .tls, reason: "\(reason) [\(text)]")
    }

    // In the order in which they are looked for. nil stands for what the server thinks of our certificate.
    private static let alerts: [(token: String, meaning: String?)] = [
        ("ALERT_CERTIFICATE_REQUIRED", nil), ("ALERT_BAD_CERTIFICATE", nil), ("ALERT_CERTIFICATE_UNKNOWN", nil), ("ALERT_UNKNOWN_CA", nil),
        ("ALERT_CERTIFICATE_EXPIRED", "the server says that our certificate has expired"),
        ("ALERT_CERTIFICATE_REVOKED", "the server says that our certificate is revoked"),
        ("UNSUPPORTED_PROTOCOL", "the server speaks no TLS 1.2 or newer"), ("ALERT_PROTOCOL_VERSION", "the server speaks no TLS 1.2 or newer"),
        ("ALERT_INTERNAL_ERROR", "the server could not complete the handshake; look at its certificate and key"),
        ("NO_APPLICATION_PROTOCOL", "the server does not offer HTTP/2 (ALPN \"h2\")"),
        ("WRONG_VERSION_NUMBER", "the server does not speak TLS; is it an http endpoint?"),
        ("HTTP_REQUEST", "the server does not speak TLS; is it an http endpoint?"),
    ]

    private static func distrust(_ certificate: NIOSSLCertificate?, now: Int) -> String {
        guard let certificate else { return "the server's certificate is not trusted" }
        if Int(certificate.notValidAfter) < now {
            return "the server's certificate expired at \(Timestamp.text(Int(certificate.notValidAfter)))"
        }
        if Int(certificate.notValidBefore) > now {
            return "the server's certificate is not valid before \(Timestamp.text(Int(certificate.notValidBefore)))"
        }
        return "no authority that is trusted has signed the server's certificate\(shown(certificate)); check trustRoots"
    }

    /// As much of a certificate as helps to find it: it may hold thousands of names.
    private static func shown(_ certificate: NIOSSLCertificate?) -> String {
        guard let certificate else { return "" }
        let text = "\(certificate)".utf8
        return " (\(String(decoding: text.prefix(300), as: UTF8.self))\(text.count > 300 ? "…" : ""))"
    }
}

/// Moments of the wall clock, which certificates go by.
enum Timestamp {
    /// Seconds since 1970.
    static var now: Int { time(nil) }

    /// As in `2026-05-01T12:00:00Z`, from seconds since 1970.
    static func text(_ seconds: Int) -> String {
        let (days, second) = seconds.quotientAndFloorRemainder(by: 86400)
        // Days are counted in eras of 400 years that begin in March, so that leap days come last.
        let (era, dayOfEra) = (days + 719_468).quotientAndFloorRemainder(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return "\(year)-\(two(month))-\(two(day))T\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))Z"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension Int {
    fileprivate func quotientAndFloorRemainder(by divisor: Int) -> (Int, Int) {
        let remainder = (self % divisor + divisor) % divisor
        return ((self - remainder) / divisor, remainder)
    }
}
