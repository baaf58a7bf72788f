//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// Source of the rule: etcd's client/v3/concurrency over a client whose KV and Watcher are those of client/v3/namespace.

extension EtcdNamespace {
    /// A lock that isn't held yet: an ``EtcdMutex`` whose line is in the namespace. Others who name it so in the same namespace, or by its whole name
    /// outside, share it.
    ///
    /// What it tells and takes is in the namespace too: ``EtcdLock/key``, ``EtcdLock/isOwner``, which is for this namespace's transactions, and the keys of
    /// ``EtcdLock/transaction(_:deadline:)``. The session, whose lease is the whole cluster's, may serve several namespaces.
    /// - Parameters:
    ///   - name: what all who want it call it in the namespace; its keys begin with the name and a slash.
    ///   - session: on whose lease it will be held. It may be that of another client of the cluster; the namespace's does the work.
    public func mutex(_ name: some EtcdBytes, session: EtcdSession) -> EtcdMutex { EtcdMutex(name.etcdBytes, session: session, of: self) }

    /// An election whose line is in the namespace: see ``EtcdElection``. Others who name it so in the same namespace, or by its whole name outside, take
    /// part in it.
    ///
    /// What it tells and takes is in the namespace too: the keys of leaders, ``EtcdLeadership/key``, ``EtcdLeadership/isLeader``, which is for this
    /// namespace's transactions, and the keys of ``EtcdLeadership/transaction(_:deadline:)``.
    /// - Parameter name: what all who take part call it in the namespace; its keys begin with the name and a slash.
    public func election(_ name: some EtcdBytes) -> EtcdElection { EtcdElection(name.etcdBytes, of: self) }
}
