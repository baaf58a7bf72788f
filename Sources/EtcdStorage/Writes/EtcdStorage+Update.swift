//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
import EtcdClient
import Logging
public import Storage

extension EtcdStorage {
    /// Reads, lets `update` change, and writes back under the guard of what was read, again and again until nobody was faster.
    ///
    /// With a suggestion that is up to date it costs one round trip, else two. What doesn't change anything isn't written, unless the
    /// stored form is to be renewed; it costs a read. There is no limit to the tries: cancel the task to end them.
    public func guaranteedUpdate(
        _ key: String, ignoreNotFound: Bool, preconditions: Preconditions?, suggestion: StoredObject?,
        update: @Sendable (StoredObject?) async throws -> UpdateProposal
    ) async throws(StorageError) -> StoredObject {
        let storeKey = try keys.storeKey(of: key)
        var trace = trace()
        defer { finish(trace, "update", key) }
        var state: ObjectState
        if let suggested = ObjectState(suggestion: suggestion) {
            state = suggested
        } else {
            state = try await liveState(key, storeKey, ignoreNotFound: ignoreNotFound, &trace)
        }
        while true {
            let proposal: UpdateProposal
            switch try await propose(key, storeKey, state, ignoreNotFound, preconditions, &trace, update) {
            case .write(let made): proposal = made
            case .unchanged(let object): return object
            case .retry(let live):
                state = live
                continue
            }
            trace.enter(.encode)
            let stored = try await values.stored(proposal.bytes, key: key, storeKey: storeKey)
            let write = GuardedWrite(
                key: storeKey, effect: .put(value: stored, lease: 0), revision: state.revision, version: state.version)
            switch try await perform(write, leasedForSeconds: proposal.ttl, key: key, &trace) {
            case .done(let revision):
                sizes?.learn(storeKey, bytes: stored.count, revision: revision)
                return StoredObject(key: key, bytes: proposal.bytes, resourceVersion: ResourceVersion(UInt64(revision)))
            case .conflict(let found):
                logger.trace("update overtaken, trying again", metadata: ["key": "\(key)", "revision": "\(state.revision)"])
                trace.enter(.decode)
                state = try await self.state(key, of: found, ignoreNotFound: ignoreNotFound)
            case .uncertain(let found):
                trace.enter(.caller)
                return try await settle(key, found, preconditions, update)
            }
        }
    }

    private enum Step {
        case write(UpdateProposal)
        case unchanged(StoredObject)
        case retry(ObjectState)
    }

    /// One pass over a state. What fails on a perhaps old state is tried again on the live one.
    private func propose(
        _ key: String, _ storeKey: [UInt8], _ state: ObjectState, _ ignoreNotFound: Bool, _ preconditions: Preconditions?,
        _ trace: inout OperationTrace, _ update: @Sendable (StoredObject?) async throws -> UpdateProposal
    ) async throws(StorageError) -> Step {
        trace.enter(.caller)
        do throws(StorageError) {
            try preconditions?.check(state.object, at: key)
        } catch {
            if state.isCurrent { throw error }
            return .retry(try await liveState(key, storeKey, ignoreNotFound: ignoreNotFound, &trace))
        }
        var proposal: UpdateProposal
        do {
            proposal = try await update(state.object)
        } catch {
            if state.isCurrent { throw rejected(key, error) }
            let live = try await liveState(key, storeKey, ignoreNotFound: ignoreNotFound, &trace)
            if live.revision == state.revision { throw rejected(key, error) }
            return .retry(live)
        }
        proposal.bytes = StorableBytes.updating(proposal.bytes)
        guard !state.isStale, let object = state.object, object.bytes == proposal.bytes else { return .write(proposal) }
        if state.isCurrent { return .unchanged(object) }
        let live = try await liveState(key, storeKey, ignoreNotFound: ignoreNotFound, &trace)
        guard live.revision == state.revision, live.object?.bytes == object.bytes else { return .retry(live) }
        return live.isStale ? .retry(live) : .unchanged(object)
    }

    /// The write may have happened, and others' since. If the update has nothing to change in what is there now, then it has
    /// happened, or may as well be thought to happen now.
    private func settle(
        _ key: String, _ found: KeyValue, _ preconditions: Preconditions?, _ update: @Sendable (StoredObject?) async throws -> UpdateProposal
    ) async throws(StorageError) -> StoredObject {
        let object = try await values.object(found)
        do {
            try preconditions?.check(object, at: key)
            guard StorableBytes.updating(try await update(object).bytes) == object.bytes else { throw unknownOutcome(key, nil) }
            return object
        } catch {
            throw unknownOutcome(key, error)
        }
    }

    func rejected(_ key: String, _ cause: any Error) -> StorageError {
        StorageError(.rejected, key: key, message: "the change of \"\(key)\" was refused", cause: cause)
    }
}
