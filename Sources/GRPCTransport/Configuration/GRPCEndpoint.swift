//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// One address of a server, and how to speak to it.
public struct GRPCEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// What carries the HTTP/2 connection.
    public enum Scheme: String, Sendable, Hashable {
        /// Plain TCP, with prior knowledge of HTTP/2.
        case http
        /// TLS over TCP, with ALPN `h2`.
        case https
        /// A Unix domain socket, plain.
        case unix
    }

    /// What carries the connection.
    public var scheme: Scheme
    /// A DNS name or an IP address without brackets; for ``Scheme/unix`` the path of the socket.
    public var host: String
    /// The TCP port; 0 for ``Scheme/unix``.
    public var port: Int
    /// The DNS name that this server's certificate must carry, in place of the host; nil for ``GRPCTLSConfiguration/serverName`` or the host.
    ///
    /// Not part of the endpoint's text.
    public var serverName: String?

    /// An endpoint from its parts, as they are.
    public init(scheme: Scheme, host: String, port: Int, serverName: String? = nil) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.serverName = serverName
    }

    /// Reads `http://host:port`, `https://host:port`, `unix:///path` or a bare `host:port`.
    ///
    /// A missing port is etcd's client port, 2379. IPv6 addresses are written in brackets.
    /// - Parameter defaultScheme: what a text without a scheme means; with ``Scheme/unix`` it is a path.
    /// - Throws: ``GRPCEndpointError`` that names the text and what is wrong with it.
    public init(parsing text: String, defaultScheme: Scheme = .http) throws(GRPCEndpointError) {
        var rest = text[...]
        var scheme = defaultScheme
        if let separator = text.firstRange(of: "://") {
            let name = text[..<separator.lowerBound]
            guard let known = Scheme(rawValue: name.lowercased()) else {
                throw GRPCEndpointError(text, "the scheme \"\(name)\" is unknown; use http, https or unix")
            }
            scheme = known
            rest = text[separator.upperBound...]
        }
        if scheme == .unix {
            guard rest.hasPrefix("/"), rest.count > 1 else {
                throw GRPCEndpointError(text, "the socket's path must be absolute, as in unix:///run/etcd.sock")
            }
            self.init(scheme: .unix, host: String(rest), port: 0)
            return
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        guard !rest.contains(where: { "/?#@ ".contains($0) }) else {
            throw GRPCEndpointError(text, "only a host and a port may follow the scheme")
        }
        let (host, portText) = try Self.splitAuthority(rest, of: text)
        guard !host.isEmpty else { throw GRPCEndpointError(text, "the host is missing") }
        guard let portText else {
            self.init(scheme: scheme, host: String(host), port: 2379)
            return
        }
        guard let port = Int(portText), portText.utf8.allSatisfy({ (48...57).contains($0) }), (1...65535).contains(port) else {
            throw GRPCEndpointError(text, "the port \"\(portText)\" is not a number from 1 to 65535")
        }
        self.init(scheme: scheme, host: String(host), port: port)
    }

    private static func splitAuthority(_ rest: Substring, of text: String) throws(GRPCEndpointError) -> (host: Substring, port: Substring?) {
        if rest.hasPrefix("[") {
            guard let close = rest.firstIndex(of: "]") else { throw GRPCEndpointError(text, "the bracket of the IPv6 address is not closed") }
            let host = rest[rest.index(after: rest.startIndex)..<close]
            let tail = rest[rest.index(after: close)...]
            if tail.isEmpty { return (host, nil) }
            guard tail.hasPrefix(":") else { throw GRPCEndpointError(text, "a colon and a port must follow the IPv6 address") }
            return (host, tail.dropFirst())
        }
        guard let colon = rest.firstIndex(of: ":") else { return (rest, nil) }
        guard colon == rest.lastIndex(of: ":") else { throw GRPCEndpointError(text, "an IPv6 address is written in brackets") }
        return (rest[..<colon], rest[rest.index(after: colon)...])
    }

    /// What `:authority` carries for this endpoint.
    public var authority: String {
        switch scheme {
        case .unix: "localhost"
        case .http, .https: host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }

    /// The endpoint as ``init(parsing:defaultScheme:)`` reads it, with its scheme.
    public var description: String {
        switch scheme {
        case .unix: "unix://\(host)"
        case .http, .https: "\(scheme.rawValue)://\(authority)"
        }
    }

    /// Whether what is sent there leaves this machine, and can be read on the way. Goes by the text: a name is not looked up.
    var isExposed: Bool {
        guard scheme == .http else { return false }
        let address: String?
        do {
            address = try SocketAddress(ipAddress: host, port: 0).ipAddress
        } catch {
            let name = host.lowercased()
            return name != "localhost" && !name.hasSuffix(".localhost")
        }
        guard let address else { return true }
        return address != "::1" && !address.hasPrefix("127.") && !address.hasPrefix("::ffff:127.")
    }
}

/// An endpoint that can't be read.
public struct GRPCEndpointError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The text that was given; empty when no endpoint was.
    public var text: String
    /// What is wrong with it.
    public var reason: String

    package init(_ text: String, _ reason: String) {
        self.text = text
        self.reason = reason
    }

    /// The text and the reason.
    public var description: String { "endpoint \"\(text)\": \(reason)" }
}
