//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
public import GRPCTransport
import Synchronization

/// A real etcd cluster on this machine, for one test or shared by all tests of a process.
///
/// Members are children of this process. They never outlive it, not even when it crashes, and their files go with them.
public struct EtcdCluster: Sendable {
    /// What clients connect to, one URL a member; with ``EtcdClusterOptions/proxied`` these lead through ``proxies``.
    public let endpoints: [String]
    /// The members; empty for a cluster that was there before (`ETCD_ENDPOINTS`).
    public let members: [EtcdMember]
    /// What stands before the members, in their order, with ``EtcdClusterOptions/proxied``; otherwise empty.
    public let proxies: [FaultProxy]
    /// The certificates, when the cluster uses TLS.
    public let certificates: TestCertificates?

    let layout: ClusterLayout?
    let peerLinks: PeerLinks?
    let joined = JoinedMembers()

    /// Runs `body` with a fresh cluster, which is ready, and removes it afterwards.
    ///
    /// When `body` throws, the end of each member's log goes to standard error.
    /// - Throws: ``EtcdTestKitError`` when the cluster can't be started; what `body` throws.
    public static func withCluster<Result>(
        members: Int = 1, tls: Bool = false, flags: [String] = [], isolation: isolated (any Actor)? = #isolation,
        _ body: (EtcdCluster) async throws -> Result
    ) async throws -> Result {
        try await withCluster(EtcdClusterOptions(members: members, tls: tls, flags: flags), isolation: isolation, body)
    }

    /// Runs `body` with a fresh cluster, which is ready, and removes it afterwards.
    public static func withCluster<Result>(
        _ options: EtcdClusterOptions, isolation: isolated (any Actor)? = #isolation, _ body: (EtcdCluster) async throws -> Result
    ) async throws -> Result {
        let cluster = try await start(options)
        do {
            let result = try await body(cluster)
            await cluster.remove()
            return result
        } catch {
            cluster.printLogs()
            await cluster.remove()
            throw error
        }
    }

    /// What a client needs to trust the cluster and to be trusted by it; nil for a cluster without TLS.
    public var tls: GRPCTLSConfiguration? {
        if let certificates {
            return GRPCTLSConfiguration(
                trustRoots: .file(certificates.authority), certificateChainFile: certificates.clientCertificate,
                privateKeyFile: certificates.clientKey)
        }
        guard isExisting, let authority = Self.environment("ETCD_CACERT") else { return nil }
        return GRPCTLSConfiguration(
            trustRoots: .file(authority), certificateChainFile: Self.environment("ETCD_CERT"), privateKeyFile: Self.environment("ETCD_KEY"))
    }

    /// The cluster that all tests of this process share: one member, or what `ETCD_ENDPOINTS` names (URLs separated by commas), reached with the
    /// certificates of `ETCD_CACERT`, `ETCD_CERT` and `ETCD_KEY` where these name files.
    ///
    /// Keep to keys below ``uniquePrefix()``. Don't compact it, fill it, or stop it: take a cluster of your own for that.
    public static func shared() async throws -> EtcdCluster {
        try await shared("") {
            if let existing = environment("ETCD_ENDPOINTS") {
                return EtcdCluster(
                    endpoints: existing.split(separator: ",").map(String.init), members: [], proxies: [], certificates: nil, layout: nil,
                    peerLinks: nil)
            }
            return try await start(EtcdClusterOptions())
        }
    }

    /// The cluster that those tests of this process share which ask for it by the same name. Always one of our own, made as the first to ask says.
    public static func shared(named name: String, _ options: EtcdClusterOptions) async throws -> EtcdCluster {
        try await shared(name) { try await start(options) }
    }

    private static func shared(_ name: String, start: @escaping @Sendable () async throws -> EtcdCluster) async throws -> EtcdCluster {
        try await sharedTasks.withLock { tasks in
            if let task = tasks[name] { return task }
            // Lives as long as the process, like the cluster that it starts.
            let new = Task<EtcdCluster, any Error> { try await start() }
            tasks[name] = new
            return new
        }.value
    }

    /// Whether it was there before, and isn't ours to stop.
    private var isExisting: Bool { layout == nil }

    private static func environment(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private static let sharedTasks = Mutex<[String: Task<EtcdCluster, any Error>]>([:])

    /// A key prefix that no other test uses. Starts with a slash and doesn't end with one.
    public static func uniquePrefix() -> String {
        "/test-\(UUID().uuidString.lowercased())"
    }

    /// A key prefix that no other test uses.
    public func uniquePrefix() -> String { Self.uniquePrefix() }

    /// The members' own URLs, past all proxies.
    public var directEndpoints: [String] { isExisting ? endpoints : members.map(\.directClientURL) }

    /// Runs etcdctl against the cluster, past all proxies, and gives its output.
    /// - Throws: ``EtcdTestKitError`` with what it wrote, when it fails.
    @discardableResult
    public func etcdctl(_ arguments: [String]) async throws -> String {
        try await etcdctl(arguments, at: directEndpoints)
    }

    /// Runs etcdctl against some members, past all proxies.
    @discardableResult
    public func etcdctl(_ arguments: [String], at endpoints: [String]) async throws(EtcdTestKitError) -> String {
        var all = ["--endpoints=\(endpoints.joined(separator: ","))", "--command-timeout=30s"]
        if let tls {
            if case .file(let authority) = tls.trustRoots { all.append("--cacert=\(authority)") }
            all += tls.certificateChainFile.map { ["--cert=\($0)"] } ?? []
            all += tls.privateKeyFile.map { ["--key=\($0)"] } ?? []
        }
        return try await ChildProcess.run("etcdctl", all + arguments)
    }

    /// Waits until every running member serves.
    public func waitUntilReady() async throws {
        for member in members where member.isRunning { try await member.waitUntilReady() }
    }

    /// Writes the end of each member's log to standard error.
    public func printLogs() {
        for member in members { complain("log of \(member.name):\n\(member.logTail())") }
    }

    private init(
        endpoints: [String], members: [EtcdMember], proxies: [FaultProxy], certificates: TestCertificates?, layout: ClusterLayout?,
        peerLinks: PeerLinks?
    ) {
        self.endpoints = endpoints
        self.members = members
        self.proxies = proxies
        self.certificates = certificates
        self.layout = layout
        self.peerLinks = peerLinks
    }
}

extension EtcdCluster {
    private static func start(_ options: EtcdClusterOptions) async throws(EtcdTestKitError) -> EtcdCluster {
        var attempt = 1
        while true {
            let layout = try await ClusterLayout(options)
            let (members, proxies, peerLinks) = try await layout.members()
            let cluster = EtcdCluster(
                endpoints: members.map(\.clientURL), members: members, proxies: proxies, certificates: layout.certificates, layout: layout,
                peerLinks: peerLinks)
            do throws(EtcdTestKitError) {
                // All at once: none of three is ready without another.
                for member in cluster.members { try await member.start(waitUntilReady: false) }
                for member in cluster.members { try await member.waitUntilReady() }
                return cluster
            } catch {
                await cluster.remove()
                // Another process may have taken a port between our look and the member's start.
                guard attempt < 5, error.description.contains("address already in use") else { throw error }
                attempt += 1
            }
        }
    }

    /// Kills the members and removes their files.
    func remove() async {
        for member in members + joined.members { await member.kill() }
        for proxy in proxies { await proxy.close() }
        await peerLinks?.close()
        layout?.directory.remove()
    }
}
