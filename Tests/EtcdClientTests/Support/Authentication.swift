//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import MetricsTestKit

extension EtcdCluster {
    /// Runs a cluster of one member that asks for names, has the users of ``addUsers()``, and spends little on logins.
    static func withAuthentication(flags: [String] = [], _ body: (EtcdCluster) async throws -> Void) async throws {
        try await withCluster(flags: cheapLogins + flags) { cluster in
            try await cluster.enableAuthentication()
            try await body(cluster)
        }
    }

    /// The least that a server can spend on a login.
    static let cheapLogins = ["--bcrypt-cost=4"]

    /// Has simple tokens run out two seconds after their last use.
    static let shortTokens = ["--auth-token-ttl=2"]

    /// Adds the user "root" with the password "root" and a user "alice", who may do everything below "a".
    func addUsers() async throws {
        try await etcdctl(["user", "add", "root:root"])
        try await etcdctl(["user", "grant-role", "root", "root"])
        try await etcdctl(["user", "add", "alice:secret"])
        try await etcdctl(["role", "add", "below-a"])
        try await etcdctl(["role", "grant-permission", "below-a", "readwrite", "a", "b"])
        try await etcdctl(["user", "grant-role", "alice", "below-a"])
    }

    /// Adds the users of ``addUsers()``, and has the cluster ask for names.
    func enableAuthentication() async throws {
        try await addUsers()
        try await etcdctl(["auth", "enable"])
    }

    /// Runs etcdctl as root.
    @discardableResult
    func etcdctlAsRoot(_ arguments: [String]) async throws -> String { try await etcdctl(["--user=root:root"] + arguments) }
}

extension TestMetrics {
    var logins: Int64 { counterTotal(label: "etcd_client_logins_total", dimensions: [("outcome", "ok")]) }
    var failedLogins: Int64 { counterTotal(label: "etcd_client_logins_total", dimensions: [("outcome", "failed")]) }
}
