//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What a cluster for a test is like.
public struct EtcdClusterOptions: Sendable {
    /// One or three.
    public var members: Int
    /// Clients must present a certificate, see ``EtcdCluster/certificates``.
    public var tls: Bool
    /// Clients reach the members through ``EtcdCluster/proxies``, which is also what the members advertise.
    public var proxied: Bool
    /// Members reach each other through proxies, so that they can be cut off: see ``EtcdCluster/isolate(_:_:)``. Linux only.
    public var proxiedPeers: Bool
    /// The members' certificates, in their order; members beyond the last share ``TestCertificates/server``. Of use with ``tls`` only.
    public var serverCertificates: [TestCertificates.Kind]
    /// Members write through to the disk. Without it tests are faster and an acknowledged write still survives SIGKILL of the member (though not a
    /// crash of the machine).
    public var fsync: Bool
    /// `--quota-backend-bytes`.
    public var quotaBackendBytes: Int?
    /// `--max-request-bytes`.
    public var maxRequestBytes: Int?
    /// How often a member reports progress to the watches that asked for it, such as `200ms`.
    public var watchProgressNotifyInterval: String?
    /// The etcd to start; nil for the one on the PATH.
    public var executable: String?
    /// More flags for every member, such as `--max-txn-ops=4`.
    public var flags: [String]

    /// Options; by default one member over plain TCP.
    public init(
        members: Int = 1, tls: Bool = false, proxied: Bool = false, proxiedPeers: Bool = false, serverCertificates: [TestCertificates.Kind] = [],
        fsync: Bool = false, quotaBackendBytes: Int? = nil, maxRequestBytes: Int? = nil, watchProgressNotifyInterval: String? = nil,
        executable: String? = nil, flags: [String] = []
    ) {
        self.members = members
        self.tls = tls
        self.proxied = proxied
        self.proxiedPeers = proxiedPeers
        self.serverCertificates = serverCertificates
        self.fsync = fsync
        self.quotaBackendBytes = quotaBackendBytes
        self.maxRequestBytes = maxRequestBytes
        self.watchProgressNotifyInterval = watchProgressNotifyInterval
        self.executable = executable
        self.flags = flags
    }
}
