//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension EtcdCluster {
    /// What connections that one member made to another go through, with ``EtcdClusterOptions/proxiedPeers``; nil otherwise, or from a member to itself.
    ///
    /// Messages of raft travel mostly on connections that the receiver made, so take both ways of a pair to cut it.
    public func peerLink(from: Int, to: Int) -> FaultProxy? { peerLinks?.link(from: from, to: to) }

    /// Cuts a member off from the others, in both directions. Clients still reach it.
    ///
    /// - Precondition: ``EtcdClusterOptions/proxiedPeers``.
    public func isolate(_ member: Int, _ hole: FaultProxy.Hole = .hold) {
        precondition(peerLinks != nil, "to isolate a member start the cluster with proxiedPeers")
        for other in members.indices {
            peerLink(from: member, to: other)?.blackhole(by: hole)
            peerLink(from: other, to: member)?.blackhole(by: hole)
        }
    }

    /// Lets all members talk to each other again.
    public func healPeers() {
        for from in members.indices {
            for to in members.indices { peerLink(from: from, to: to)?.restore() }
        }
    }

    /// The member that leads; one that is paused can't say so.
    /// - Throws: when none has for the time.
    public func leader(timeout: Duration = .seconds(60)) async throws(EtcdTestKitError) -> EtcdMember {
        let deadline = ContinuousClock.now + timeout
        while true {
            for member in members where member.isRunning { if await member.isLeader() { return member } }
            guard ContinuousClock.now < deadline else { throw EtcdTestKitError("no member leads after \(timeout)") }
            do {
                // Nor does etcd tell when it has elected.
                try await Task.sleep(for: .milliseconds(50))
            } catch {
                throw EtcdTestKitError("cancelled while waiting for a leader")
            }
        }
    }
}
