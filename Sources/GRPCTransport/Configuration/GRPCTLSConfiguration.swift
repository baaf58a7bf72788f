//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// How connections to `https` endpoints prove who they are and whom they trust.
///
/// Files (the client's certificate and key, and the authorities too) are read anew for each connection and looked at every
/// ``reloadInterval``, so rotated ones are picked up without a restart. When what is in them makes no sense, because they are half
/// written or key and certificate don't match, the last that did stay in use, and a warning is logged.
public struct GRPCTLSConfiguration: Sendable, Hashable {
    /// Whose signatures on a server's certificate are believed.
    public enum TrustRoots: Sendable, Hashable {
        /// The system's own.
        case systemDefault
        /// The certificates of a PEM file.
        case file(String)
        /// The certificates in these PEM bytes.
        case pem([UInt8])
    }

    /// A client's certificate and its private key in memory: for programs that have them from elsewhere than files.
    public struct ClientIdentity: Sendable, Hashable, CustomStringConvertible {
        /// The certificate and then its intermediates, as PEM bytes.
        public var certificateChain: [UInt8]
        /// The private key of the certificate, as PEM bytes.
        public var privateKey: [UInt8]

        /// A certificate with its private key, both as PEM bytes.
        public init(certificateChain: [UInt8], privateKey: [UInt8]) {
            self.certificateChain = certificateChain
            self.privateKey = privateKey
        }

        /// That it is one, and nothing of what it holds.
        public var description: String { "a client's certificate and private key" }
    }

    /// Whose signatures are believed.
    public var trustRoots: TrustRoots
    /// A PEM file with the client's certificate and its intermediates, for servers that ask for one.
    ///
    /// Of use with ``privateKeyFile`` only: with one of the two ``GRPCTransport/run()`` fails, and so does every call.
    public var certificateChainFile: String?
    /// A PEM file with the private key of the client's certificate.
    public var privateKeyFile: String?
    /// The client's certificate and private key, in place of the two files. They don't change: who has new ones makes a new transport.
    public var clientIdentity: ClientIdentity?
    /// The DNS name that a server's certificate must carry, in place of the endpoint's host.
    ///
    /// A certificate for the very IP address that was connected to is accepted too.
    public var serverName: String?

    /// How often the files are looked at; nil for only when a connection is made. Thirty seconds by default; less than one counts as one.
    public var reloadInterval: Duration?
    /// Connections made with older files are replaced so long after a change was seen: open calls finish, streams with `endsOnGoAway` move. Five
    /// seconds by default.
    public var drainDelay: Duration

    /// Whether of the two files only one is named, and they count.
    var hasHalfIdentity: Bool { clientIdentity == nil && (certificateChainFile == nil) != (privateKeyFile == nil) }

    static let halfIdentity = "a client certificate needs its private key, and the other way round: name both files or none"

    /// ``reloadInterval``, with its least.
    var reloadPeriod: Duration? { reloadInterval.map { max($0, .seconds(1)) } }

    /// TLS with the given trust; without a client certificate when no files are named.
    public init(
        trustRoots: TrustRoots = .systemDefault, certificateChainFile: String? = nil, privateKeyFile: String? = nil, serverName: String? = nil
    ) {
        self.trustRoots = trustRoots
        self.certificateChainFile = certificateChainFile
        self.privateKeyFile = privateKeyFile
        self.serverName = serverName
        self.reloadInterval = .seconds(30)
        self.drainDelay = .seconds(5)
    }

    /// TLS with the given trust and a client certificate that isn't in files.
    public init(trustRoots: TrustRoots = .systemDefault, clientIdentity: ClientIdentity, serverName: String? = nil) {
        self.init(trustRoots: trustRoots, serverName: serverName)
        self.clientIdentity = clientIdentity
    }
}
