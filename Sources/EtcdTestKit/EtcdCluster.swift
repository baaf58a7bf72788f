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
    /// What clients connect to, one URL a member.
    public let endpoints: [String]
    /// The members; empty for a cluster that was there before (`ETCD_ENDPOINTS`).
    public let members: [EtcdMember]
    /// The certificates, when the cluster uses TLS.
    public let certificates: TestCertificates?

    private let directory: TemporaryDirectory?

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
                return EtcdCluster(endpoints: existing.split(separator: ",").map(String.init), members: [], certificates: nil, directory: nil)
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
    private var isExisting: Bool { directory == nil }

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

    /// Runs etcdctl against the cluster and gives its output.
    /// - Throws: ``EtcdTestKitError`` with what it wrote, when it fails.
    @discardableResult
    public func etcdctl(_ arguments: [String]) async throws -> String {
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

    private init(endpoints: [String], members: [EtcdMember], certificates: TestCertificates?, directory: TemporaryDirectory?) {
        self.endpoints = endpoints
        self.members = members
        self.certificates = certificates
        self.directory = directory
    }
}

extension EtcdCluster {
    private static func start(_ options: EtcdClusterOptions) async throws(EtcdTestKitError) -> EtcdCluster {
        var attempt = 1
        while true {
            let cluster = try await layOut(options)
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
        for member in members { await member.kill() }
        directory?.remove()
    }

    private static func layOut(_ options: EtcdClusterOptions) async throws(EtcdTestKitError) -> EtcdCluster {
        let executable = if let chosen = options.executable { chosen } else { try ChildProcess.find("etcd") }
        let directory = try TemporaryDirectory()
        let certificates = options.tls ? try await TestCertificates.make(in: directory) : nil
        let ports = try Loopback.freePorts(options.members * 3)
        let scheme = options.tls ? "https" : "http"
        let peerURLs = (0..<options.members).map { "http://127.0.0.1:\(ports[$0 * 3 + 1])" }
        let initialCluster = peerURLs.enumerated().map { "etcd-\($0)=\($1)" }.joined(separator: ",")
        let common = try await commonFlags(options, executable: executable, certificates: certificates)

        let members = (0..<options.members).map { index in
            let clientURL = "\(scheme)://127.0.0.1:\(ports[index * 3])"
            let name = "etcd-\(index)"
            let arguments =
                [
                    "--name=\(name)", "--data-dir=\(directory.file(name))", "--listen-client-urls=\(clientURL)",
                    "--advertise-client-urls=\(clientURL)", "--listen-peer-urls=\(peerURLs[index])",
                    "--initial-advertise-peer-urls=\(peerURLs[index])", "--initial-cluster=\(initialCluster)",
                    "--initial-cluster-token=\(directory.path)", "--listen-metrics-urls=http://127.0.0.1:\(ports[index * 3 + 2])",
                ] + common
            return EtcdMember(
                name: name, clientURL: clientURL, clientPort: ports[index * 3], metricsPort: ports[index * 3 + 2], executable: executable,
                arguments: arguments, logPath: directory.file("\(name).log"))
        }
        return EtcdCluster(endpoints: members.map(\.clientURL), members: members, certificates: certificates, directory: directory)
    }

    private static func commonFlags(
        _ options: EtcdClusterOptions, executable: String, certificates: TestCertificates?
    ) async throws(EtcdTestKitError) -> [String] {
        var flags = ["--logger=zap", "--log-level=warn"]
        if !options.fsync { flags.append("--unsafe-no-fsync") }
        if let certificates {
            flags += [
                "--client-cert-auth", "--trusted-ca-file=\(certificates.authority)", "--cert-file=\(certificates.serverCertificate)",
                "--key-file=\(certificates.serverKey)",
            ]
        }
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
