//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Where a cluster's members live, and the flags they are started with.
struct ClusterLayout: Sendable {
    let options: EtcdClusterOptions
    let directory: TemporaryDirectory
    let certificates: TestCertificates?
    private let executable: String
    private let common: [String]

    /// The ports of a member.
    struct Ports: Sendable {
        let client: UInt16
        let peer: UInt16
        let metrics: UInt16

        init() throws(EtcdTestKitError) {
            let ports = try Loopback.freePorts(3)
            (client, peer, metrics) = (ports[0], ports[1], ports[2])
        }
    }

    init(_ options: EtcdClusterOptions) async throws(EtcdTestKitError) {
        self.options = options
        executable = if let chosen = options.executable { chosen } else { try ChildProcess.find("etcd") }
        directory = try TemporaryDirectory()
        certificates = options.tls ? try await TestCertificates.make(in: directory) : nil
        common = try await Self.commonFlags(options, executable: executable)
    }

    /// The members of a new cluster, with what stands before them.
    func members() async throws(EtcdTestKitError) -> (members: [EtcdMember], proxies: [FaultProxy], peerLinks: PeerLinks?) {
        var ports: [Ports] = []
        for _ in 0..<options.members { ports.append(try Ports()) }
        let peerLinks = options.proxiedPeers ? try PeerLinks(to: ports.map(\.peer)) : nil
        var proxies: [FaultProxy] = []
        if options.proxied { for port in ports { proxies.append(try FaultProxy(to: port.client)) } }
        let peerURLs = ports.indices.map { "http://127.0.0.1:\(peerLinks?.doors[$0].port ?? ports[$0].peer)" }
        let initialCluster = peerURLs.enumerated().map { "etcd-\($0)=\($1)" }.joined(separator: ",")
        var members: [EtcdMember] = []
        for index in ports.indices {
            let kind = options.serverCertificates.indices.contains(index) ? options.serverCertificates[index] : nil
            members.append(
                try await member(
                    name: "etcd-\(index)", ports: ports[index], advertisedClientPort: proxies.isEmpty ? nil : proxies[index].port,
                    peerURL: peerURLs[index], certificate: kind, initialCluster: initialCluster))
        }
        peerLinks?.attach(members)
        return (members, proxies, peerLinks)
    }

    /// A member with the flags of the others.
    func member(
        name: String, ports: Ports, advertisedClientPort: UInt16? = nil, peerURL: String, certificate: TestCertificates.Kind? = nil,
        initialCluster: String, joins: Bool = false
    ) async throws(EtcdTestKitError) -> EtcdMember {
        let scheme = options.tls ? "https" : "http"
        let direct = "\(scheme)://127.0.0.1:\(ports.client)"
        let clientURL = advertisedClientPort.map { "\(scheme)://127.0.0.1:\($0)" } ?? direct
        let dataDirectory = directory.file(name)
        var arguments = [
            "--name=\(name)", "--data-dir=\(dataDirectory)", "--listen-client-urls=\(direct)", "--advertise-client-urls=\(clientURL)",
            "--listen-peer-urls=http://127.0.0.1:\(ports.peer)", "--initial-advertise-peer-urls=\(peerURL)",
            "--initial-cluster=\(initialCluster)", "--initial-cluster-token=\(directory.path)",
            "--listen-metrics-urls=http://127.0.0.1:\(ports.metrics)",
        ]
        if joins { arguments.append("--initial-cluster-state=existing") }
        var pair: TestCertificates.Pair?
        if let certificates {
            pair = certificates.server
            if let certificate { pair = try await certificates.issue(certificate, name: name) }
            if let pair {
                arguments += [
                    "--client-cert-auth", "--trusted-ca-file=\(certificates.authority)", "--cert-file=\(pair.certificate)", "--key-file=\(pair.key)",
                ]
            }
        }
        return EtcdMember(
            name: name,
            addresses: .init(
                client: clientURL, directClient: direct, clientPort: ports.client, peer: peerURL, metricsPort: ports.metrics,
                dataDirectory: dataDirectory),
            certificate: pair, executable: executable, arguments: arguments + common, logPath: directory.file("\(name).log"))
    }

    private static func commonFlags(_ options: EtcdClusterOptions, executable: String) async throws(EtcdTestKitError) -> [String] {
        var flags = ["--logger=zap", "--log-level=warn"]
        if !options.fsync { flags.append("--unsafe-no-fsync") }
        if let quota = options.quotaBackendBytes { flags.append("--quota-backend-bytes=\(quota)") }
        if let maximum = options.maxRequestBytes { flags.append("--max-request-bytes=\(maximum)") }
        if let interval = options.watchProgressNotifyInterval {
            // The flag lost its prefix in etcd 3.6.
            let version = try await ChildProcess.run(executable, ["--version"])
            let isOld = version.contains("Version: 3.4") || version.contains("Version: 3.5")
            flags.append("--\(isOld ? "experimental-" : "")watch-progress-notify-interval=\(interval)")
        }
        return flags + options.flags
    }
}
