//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import EtcdClient
public import Logging
public import Metrics
public import ServiceLifecycle

/// Measures regularly what the storages of a cluster hold, for the gauges that nobody's request would set: how many objects there are, how large
/// they are together (where ``EtcdStorageConfiguration/estimatesObjectSizes`` asks for it), and the size of the database.
///
/// Source of the rule: upstream's storage count observer and DB size monitor.
public final class StorageMonitor: Service {
    private let client: EtcdClient
    private let storages: [EtcdStorage]
    private let statisticsInterval: Duration
    private let sizeInterval: Duration
    private let databaseSize: Gauge
    private let logger: Logger

    /// A monitor, which does nothing until it is run.
    /// - Parameters:
    ///   - clusterID: the label `storage_cluster_id`.
    ///   - statisticsInterval: how often objects are counted; up to a fifth is added at random, so that storages don't all count at once. Zero: never.
    ///   - sizeInterval: how often the database's size is asked for. Zero: never.
    ///   - metrics: where the database's size goes; nil for the system's.
    public init(
        client: EtcdClient, storages: [EtcdStorage], clusterID: String = "etcd-0", statisticsInterval: Duration = .seconds(60),
        sizeInterval: Duration = .seconds(30), logger: Logger, metrics: (any MetricsFactory)? = nil
    ) {
        self.client = client
        self.storages = storages
        self.statisticsInterval = statisticsInterval
        self.sizeInterval = sizeInterval
        self.logger = logger
        databaseSize = Gauge(
            label: "apiserver_storage_size_bytes", dimensions: [("storage_cluster_id", clusterID)], factory: metrics ?? MetricsSystem.factory)
    }

    /// Measures until it is cancelled or shut down.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                if self.sizeInterval > .zero {
                    group.addTask { await self.repeating(every: self.sizeInterval) { await self.measureDatabase() } }
                }
                guard self.statisticsInterval > .zero else { return }
                for storage in self.storages {
                    group.addTask {
                        await self.repeating(every: self.statisticsInterval * .random(in: 1...1.2)) { await self.measure(storage) }
                    }
                }
            }
        }
    }

    private func measureDatabase() async {
        do throws(EtcdError) {
            databaseSize.record(Double(try await client.status().dbSize))
        } catch {
            logger.debug("the size of etcd's database is unknown", metadata: ["error": "\(error)"])
        }
    }

    private func measure(_ storage: EtcdStorage) async {
        do {
            _ = try await storage.statistics()
        } catch {
            logger.debug("objects could not be counted", metadata: ["resource": "\(storage.configuration.groupResource)", "error": "\(error)"])
        }
    }

    private func repeating(every interval: Duration, _ body: () async -> Void) async {
        while !Task.isCancelled {
            await body()
            do {
                try await Task.sleep(for: interval)
            } catch {
                return
            }
        }
    }
}
