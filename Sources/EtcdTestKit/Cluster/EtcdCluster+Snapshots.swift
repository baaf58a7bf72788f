//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a cluster held at one moment.
public struct EtcdSnapshot: Sendable {
    let path: String
}

extension EtcdCluster {
    /// Writes down all that the cluster holds, history included.
    public func saveSnapshot() async throws(EtcdTestKitError) -> EtcdSnapshot {
        let path = try ownLayout("save a snapshot").directory.file("snapshot-\(UUID().uuidString).db")
        guard let member = members.first(where: \.isRunning) else { throw EtcdTestKitError("no member runs whose data could be saved") }
        try await etcdctl(["snapshot", "save", path], at: [member.directClientURL])
        return EtcdSnapshot(path: path)
    }

    /// Kills all members, puts a snapshot in place of their data, and starts them again on the same ports.
    ///
    /// What was written since is gone, and revisions come again with other contents.
    /// - Parameter keepsClusterID: whether the cluster is taken for the same; etcd's own advice is to give it another token, and so another ID.
    public func restore(_ snapshot: EtcdSnapshot, keepsClusterID: Bool) async throws(EtcdTestKitError) {
        let layout = try ownLayout("restore a snapshot")
        for member in members { await member.kill() }
        let initialCluster = members.map { "\($0.name)=\($0.peerURL)" }.joined(separator: ",")
        let token = layout.directory.path + (keepsClusterID ? "" : "-\(UUID().uuidString)")
        for member in members {
            do {
                try FileManager.default.removeItem(atPath: member.dataDirectory)
            } catch {
                throw EtcdTestKitError("cannot remove \(member.dataDirectory): \(error)")
            }
            _ = try await ChildProcess.run(
                "etcdutl",
                [
                    "snapshot", "restore", snapshot.path, "--name=\(member.name)", "--data-dir=\(member.dataDirectory)",
                    "--initial-cluster=\(initialCluster)", "--initial-cluster-token=\(token)", "--initial-advertise-peer-urls=\(member.peerURL)",
                ])
        }
        for member in members { try await member.start(waitUntilReady: false) }
        for member in members { try await member.waitUntilReady() }
    }
}
