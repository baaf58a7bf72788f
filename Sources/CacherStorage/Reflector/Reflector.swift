//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Logging
import Storage

/// Keeps a cache equal to the store: reads everything, then follows the changes, and begins anew when it can no longer tell what it missed.
struct Reflector: Sendable {
    let underlying: any Storage
    let configuration: CacherStorageConfiguration
    let cache: WatchCache
    let logger: Logger

    /// Runs until the task is cancelled.
    func run() async {
        var policy = ReflectorPolicy(relistBackoff: configuration.relistBackoff, watchRetryLimit: configuration.watchRetryLimit)
        var intake = EventIntake(attributes: configuration.attributes)
        var step = ReflectorPolicy.Step.list
        while !Task.isCancelled {
            let outcome: ReflectorPolicy.Outcome
            switch step {
            case .list: outcome = await list(into: &intake)
            case .watch: outcome = await watch(into: &intake)
            }
            if Task.isCancelled { return }
            let action = policy.handle(outcome, now: cache.clock.now)
            if action.next == .list {
                cache.suspend(outcome.failure)
                logger.warning("the cache reads everything anew", metadata: ["reason": "\(outcome)", "after": "\(action.delay)"])
            }
            if action.delay > .zero {
                // Only a cancellation throws, and ends the loop.
                try? await Task.sleep(for: action.delay * Double.random(in: 1...1.5))
            }
            step = action.next
        }
    }

    /// Reads all objects, page by page at one revision, and puts them in the cache's place.
    private func list(into intake: inout EventIntake) async -> ReflectorPolicy.Outcome {
        do throws(StorageError) {
            var objects: [StoredObject] = []
            var options = ListOptions(predicate: SelectionPredicate(attributes: configuration.attributes, limit: configuration.listPageSize))
            while true {
                let page = try await underlying.list(configuration.keyPrefix, options: options)
                if objects.isEmpty { objects = page.items } else { objects += page.items }
                guard let token = page.continueToken else {
                    cache.replace(with: intake.replace(objects, at: page.resourceVersion))
                    return .listed
                }
                options.predicate.continueToken = token
            }
        } catch {
            return .listFailed(error)
        }
    }

    /// Follows the changes from the version that the cache is at, until the watch ends.
    private func watch(into intake: inout EventIntake) async -> ReflectorPolicy.Outcome {
        let began = cache.clock.now
        var brought = false
        do throws(StorageError) {
            var predicate = SelectionPredicate(attributes: configuration.attributes)
            predicate.allowWatchBookmarks = true
            let options = ListOptions(resourceVersion: intake.resourceVersion, predicate: predicate, progressNotify: true)
            let stream = try await underlying.watch(configuration.keyPrefix, options: options)
            while true {
                let batch = await stream.nextBatch()
                if batch.isEmpty { return .watchEnded(lasted: began.duration(to: cache.clock.now), brought: brought) }
                let (events, failure) = intake.apply(batch, now: cache.clock.now)
                // Progress counts: it shows that the watch works.
                if failure == nil || !events.isEmpty { brought = true }
                cache.publish(events, view: intake.view)
                if let failure { return .watchFailed(failure, brought: brought) }
            }
        } catch {
            return .watchFailed(error, brought: brought)
        }
    }
}
