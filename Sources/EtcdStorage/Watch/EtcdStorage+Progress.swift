//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import GRPCTransport
import Logging
public import Storage
import Synchronization

extension EtcdStorage {
    /// Asks etcd how far it is, for every watch of this storage that reports progress. They answer with bookmarks.
    ///
    /// A request travels on the stream of the watch itself, since etcd answers on that alone.
    public func requestWatchProgress() async throws(StorageError) {
        for watch in watches.all {
            do {
                try await watch.requestProgress()
            } catch {
                throw .reading(error, key: configuration.resourcePrefix, read: "request the watch progress of")
            }
        }
    }

    /// Whether every member of etcd that could be asked is new enough to answer requests for progress rightly; false until one has answered.
    ///
    /// Each is asked every ten minutes. One that doesn't answer holds nobody up for more than a second after another has, and is asked again after half a minute.
    public var supportsWatchProgress: Bool {
        get async {
            let endpoints = requests.client.endpoints
            let (unasked, isFirst) = members.withLock { ($0.unasked(of: endpoints, now: .now), $0.reportProgress(endpoints) == nil) }
            if !unasked.isEmpty { await learnVersions(of: unasked, isFirst: isFirst) }
            return members.withLock { $0.reportProgress(endpoints) } ?? false
        }
    }

    private enum Inquiry {
        case answered
        case failed
        case late
    }

    private func learnVersions(of endpoints: [GRPCEndpoint], isFirst: Bool) async {
        await withTaskGroup(of: Inquiry.self) { group in
            for endpoint in endpoints { group.addTask { await self.learnVersion(of: endpoint) } }
            var left = endpoints.count
            var isTimed = !isFirst
            if isTimed { group.addTask { await Self.lateness() } }
            while left > 0, let inquiry = await group.next(), inquiry != .late {
                left -= 1
                guard inquiry == .answered, !isTimed else { continue }
                isTimed = true
                group.addTask { await Self.lateness() }
            }
            group.cancelAll()
        }
    }

    private static func lateness() async -> Inquiry {
        do {
            try await Task.sleep(for: .seconds(1))
        } catch {
            // All are cancelled then.
        }
        return .late
    }

    private func learnVersion(of endpoint: GRPCEndpoint) async -> Inquiry {
        let client = requests.client
        do throws(EtcdError) {
            let deadline = ContinuousClock.now + min(client.configuration.readTimeout, .seconds(5))
            let version = try await client.status(of: endpoint, deadline: deadline).version
            members.withLock { $0.learn(endpoint, version: version, now: .now) }
            return .answered
        } catch {
            logger.info("a member's version is unknown yet", metadata: ["endpoint": "\(endpoint)", "error": "\(error)"])
            return .failed
        }
    }
}
