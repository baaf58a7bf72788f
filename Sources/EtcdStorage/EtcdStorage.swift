//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import EtcdClient
public import Logging
public import Storage
import Synchronization

/// One resource in etcd: the storage that all others stand on.
///
/// Keys and values are those of Kubernetes' own API servers, so both can share a cluster. An object is one key; a write is one guarded transaction on
/// that key; a read is linearizable. Value bytes are copied once, out of etcd's answer, and are looked into only where a predicate asks.
///
/// A write whose answer was lost is looked into before anything is said: it is reported as done, repeated under the same guard, or reported as
/// `unknownOutcome`; never repeated blindly.
///
/// It has no task of its own: reads, writes and watches run in the tasks of those who call, and a watch is read from etcd as
/// fast as its consumer takes it. All resources of a cluster share one ``EtcdClient``, and one ``Compactor``.
///
/// Source of the rule: upstream storage/etcd3.
public final class EtcdStorage: Storage {
    let configuration: EtcdStorageConfiguration
    let keys: KeySpace
    let requests: StoreRequests
    let values: ValueCodec
    let leases: LeaseManager
    let watches = LiveWatches()
    let compactor: Compactor?
    let logger: Logger
    let progressSupport = Mutex<Bool?>(nil)

    /// The storage of a resource.
    /// - Parameters:
    ///   - client: connects to the cluster; whoever made it runs it.
    ///   - configuration: a resource prefix that breaks ``KeySpace``'s rule is a mistake in the program, and stops it.
    ///   - compactor: who knows what has been compacted in this cluster; without it ``compactRevision`` stays zero.
    public convenience init(client: EtcdClient, configuration: EtcdStorageConfiguration, compactor: Compactor? = nil, logger: Logger) {
        self.init(client: client, configuration: configuration, compactor: compactor, logger: logger, recorder: nil)
    }

    init(
        client: EtcdClient, configuration: EtcdStorageConfiguration, compactor: Compactor?, logger: Logger,
        recorder: (@Sendable (StoreRequests.Operation) -> Void)?
    ) {
        do throws(StorageError) {
            keys = try KeySpace(pathPrefix: configuration.pathPrefix, resourcePrefix: configuration.resourcePrefix)
        } catch {
            preconditionFailure(error.description)
        }
        self.configuration = configuration
        self.compactor = compactor
        self.logger = logger
        requests = StoreRequests(client: client, listPageTimeout: configuration.listPageTimeout, recorder: recorder)
        values = ValueCodec(keys: keys, transformer: configuration.transformer)
        leases = LeaseManager(client: client, policy: configuration.leases)
    }
}
