//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import EtcdClient
public import Logging
public import Metrics
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
    let metrics: StorageMetrics
    /// Kept where ``EtcdStorageConfiguration/estimatesObjectSizes`` asks for it.
    let sizes: ObjectSizes?
    let leases: LeaseManager
    let watches = LiveWatches()
    let compactor: Compactor?
    let logger: Logger
    let members = Mutex(MemberVersions())
    let rangeStreams = Mutex(RangeStreamKnowledge())

    /// The storage of a resource.
    /// - Parameters:
    ///   - client: connects to the cluster; whoever made it runs it.
    ///   - configuration: a resource prefix that breaks ``KeySpace``'s rule is a mistake in the program, and stops it.
    ///   - compactor: who knows what has been compacted in this cluster; without it ``compactRevision`` stays zero.
    ///   - metrics: where metrics go, under upstream's names (`etcd_request_duration_seconds`…); nil for the system's.
    public convenience init(
        client: EtcdClient, configuration: EtcdStorageConfiguration, compactor: Compactor? = nil, logger: Logger, metrics: (any MetricsFactory)? = nil
    ) {
        self.init(client: client, configuration: configuration, compactor: compactor, logger: logger, metrics: metrics, recorder: nil)
    }

    init(
        client: EtcdClient, configuration: EtcdStorageConfiguration, compactor: Compactor?, logger: Logger,
        metrics factory: (any MetricsFactory)? = nil,
        recorder: (@Sendable (StoreRequests.Operation) async -> Void)?
    ) {
        do throws(StorageError) {
            keys = try KeySpace(pathPrefix: configuration.pathPrefix, resourcePrefix: configuration.resourcePrefix)
        } catch {
            preconditionFailure(error.description)
        }
        self.configuration = configuration
        self.compactor = compactor
        self.logger = logger
        let metrics = StorageMetrics(configuration.groupResource, factory: factory ?? MetricsSystem.factory)
        let sizes = configuration.estimatesObjectSizes ? ObjectSizes() : nil
        self.metrics = metrics
        self.sizes = sizes
        requests = StoreRequests(client: client, listPageTimeout: configuration.listPageTimeout, metrics: metrics, recorder: recorder)
        values = ValueCodec(keys: keys, transformer: configuration.transformer, sizes: sizes, metrics: metrics)
        leases = LeaseManager(client: client, policy: configuration.leases, metrics: metrics)
    }
}
