//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension EtcdNamespace {
    /// See ``EtcdClient/lock(_:lease:deadline:)-([UInt8],_,_)``; the lock's name and its key are in the namespace.
    /// - Throws: as there.
    public func lock(_ name: some EtcdBytes, lease: Int64, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> LockResponse {
        var answer = try await client.lock(keys.adding(to: name.etcdBytes), lease: lease, deadline: deadline)
        answer.key = keys.removing(from: answer.key)
        return answer
    }

    /// See ``EtcdClient/unlock(_:deadline:)``.
    /// - Throws: as there.
    public func unlock(_ key: [UInt8], deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        try await client.unlock(keys.adding(to: key), deadline: deadline)
    }

    /// See ``EtcdClient/campaign(_:lease:value:deadline:)-([UInt8],_,_,_)``; the election's name and the leader's key are in the namespace.
    /// - Throws: as there.
    public func campaign(
        _ name: some EtcdBytes, lease: Int64, value: some EtcdBytes, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> CampaignResponse {
        var answer = try await client.campaign(keys.adding(to: name.etcdBytes), lease: lease, value: value.etcdBytes, deadline: deadline)
        answer.leader.name = keys.removing(from: answer.leader.name)
        answer.leader.key = keys.removing(from: answer.leader.key)
        return answer
    }

    /// See ``EtcdClient/proclaim(_:value:deadline:)-(_,[UInt8],_)``.
    /// - Throws: as there.
    public func proclaim(_ leader: LeaderKey, value: some EtcdBytes, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        try await client.proclaim(adding(to: leader), value: value.etcdBytes, deadline: deadline)
    }

    /// See ``EtcdClient/leader(_:deadline:)-([UInt8],_)``.
    /// - Throws: as there.
    public func leader(_ name: some EtcdBytes, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> LeaderResponse {
        keys.removing(from: try await client.leader(keys.adding(to: name.etcdBytes), deadline: deadline))
    }

    /// See ``EtcdClient/observe(_:)-([UInt8])``; the leaders' keys are in the namespace. It ends as there.
    public func observe(_ name: some EtcdBytes) -> LeaderStream {
        var stream = client.observe(keys.adding(to: name.etcdBytes))
        stream.prefix = keys
        return stream
    }

    /// See ``EtcdClient/resign(_:deadline:)``.
    /// - Throws: as there.
    public func resign(_ leader: LeaderKey, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        try await client.resign(adding(to: leader), deadline: deadline)
    }

    private func adding(to leader: LeaderKey) -> LeaderKey {
        LeaderKey(
            name: keys.adding(to: leader.name), key: keys.adding(to: leader.key), revision: leader.revision, lease: leader.lease)
    }
}
