//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Members that came after the start.
final class JoinedMembers: Sendable {
    private let list = Mutex<[EtcdMember]>([])
    var members: [EtcdMember] { list.withLock { $0 } }
    func add(_ member: EtcdMember) { list.withLock { $0.append(member) } }
}

extension EtcdCluster {
    /// Adds a member and starts it. It isn't among ``members``, and goes with the cluster.
    /// - Parameters:
    ///   - learner: it only listens until it is promoted.
    ///   - waitUntilReady: wait until it serves linearizable reads, which a learner never does.
    public func addMember(learner: Bool = false, waitUntilReady: Bool? = nil) async throws(EtcdTestKitError) -> EtcdMember {
        let layout = try ownLayout("add a member")
        let name = "etcd-\(members.count + joined.members.count)"
        let ports = try ClusterLayout.Ports()
        let peerURL = "http://127.0.0.1:\(ports.peer)"
        let running = members.filter(\.isRunning).map(\.directClientURL)
        let output = try await reconfigure(["member", "add", name, "--peer-urls=\(peerURL)"] + (learner ? ["--learner"] : []), at: running)
        // The answer lists the environment of the new member, every member's URL in it.
        guard let line = output.split(separator: "\n").first(where: { $0.hasPrefix("ETCD_INITIAL_CLUSTER=") }) else {
            throw EtcdTestKitError("etcdctl member add said nothing of the initial cluster: \(output)")
        }
        let initialCluster = line.dropFirst("ETCD_INITIAL_CLUSTER=".count).filter { $0 != "\"" }
        let member = try await layout.member(name: name, ports: ports, peerURL: peerURL, initialCluster: initialCluster, joins: true)
        joined.add(member)
        try await member.start(waitUntilReady: waitUntilReady ?? !learner)
        return member
    }

    /// Makes a learner a voting member, once it has caught up.
    public func promote(_ member: EtcdMember, timeout: Duration = .seconds(60)) async throws(EtcdTestKitError) {
        let id = try await memberID(of: member)
        let deadline = ContinuousClock.now + timeout
        while true {
            do throws(EtcdTestKitError) {
                _ = try await reconfigure(["member", "promote", id], at: members.filter(\.isRunning).map(\.directClientURL))
                return try await member.waitUntilReady()
            } catch {
                guard error.description.contains("in sync"), ContinuousClock.now < deadline else { throw error }
            }
        }
    }

    /// Takes a member out of the cluster, which ends it.
    public func removeMember(_ member: EtcdMember) async throws(EtcdTestKitError) {
        let others = (members + joined.members).filter { $0 !== member && $0.isRunning }.map(\.directClientURL)
        let id = try await memberID(of: member)
        _ = try await reconfigure(["member", "remove", id], at: others)
        // It ends by itself when it learns of it, which one that can't hear the others never does.
        await member.terminate()
    }

    /// Restarts a member with another client URL, which it tells the others. The old object is of no more use.
    public func move(_ member: EtcdMember) async throws(EtcdTestKitError) -> EtcdMember {
        _ = try ownLayout("move a member")
        await member.terminate()
        let ports = try Loopback.freePorts(1)
        let moved = member.moved(to: ports[0])
        joined.add(moved)
        try await moved.start()
        return moved
    }

    /// A member's ID, in hexadecimal as etcdctl has it.
    public func memberID(of member: EtcdMember) async throws(EtcdTestKitError) -> String {
        let running = (members + joined.members).filter { $0.isRunning }.map(\.directClientURL)
        let output = try await etcdctl(["member", "list"], at: running)
        for line in output.split(separator: "\n") where line.contains(member.peerURL) {
            if let id = line.split(separator: ",").first { return String(id) }
        }
        throw EtcdTestKitError("\(member.name) is no member: \(output)")
    }

    /// etcd refuses to change a cluster until all members have been connected to each other for a while.
    private func reconfigure(_ arguments: [String], at endpoints: [String]) async throws(EtcdTestKitError) -> String {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do throws(EtcdTestKitError) {
                return try await etcdctl(arguments, at: endpoints)
            } catch {
                guard error.description.contains("unhealthy cluster"), ContinuousClock.now < deadline else { throw error }
            }
        }
    }

    func ownLayout(_ what: String) throws(EtcdTestKitError) -> ClusterLayout {
        guard let layout else { throw EtcdTestKitError("cannot \(what) of a cluster that was there before: unset ETCD_ENDPOINTS") }
        return layout
    }
}
