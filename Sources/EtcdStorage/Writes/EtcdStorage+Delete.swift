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
    /// Removes an object that passes the preconditions and `validate`, under the guard of what they saw.
    ///
    /// With a suggestion that is up to date it costs one round trip, else two. A suggestion is never the reason of a failure: what
    /// fails on it is looked at again in the live object.
    public func delete(
        _ key: String, preconditions: Preconditions?, suggestion: StoredObject?, validate: @Sendable (StoredObject) async throws -> Void
    ) async throws(StorageError) -> StoredObject {
        let storeKey = try keys.storeKey(of: key)
        var trace = trace()
        defer { finish(trace, "delete", key) }
        var state: ObjectState
        if let suggested = ObjectState(suggestion: suggestion) {
            state = suggested
        } else {
            state = try await liveState(key, storeKey, ignoreNotFound: false, &trace)
        }
        while true {
            guard let object = state.object else { throw notFound(key) }
            trace.enter(.caller)
            if let failure = await refusal(of: object, key, preconditions, validate) {
                if state.isCurrent { throw failure }
                let live = try await liveState(key, storeKey, ignoreNotFound: false, &trace)
                if live.revision == state.revision { throw failure }
                state = live
                continue
            }
            let write = GuardedWrite(key: storeKey, effect: .delete, revision: state.revision, version: state.version)
            trace.enter(.write)
            switch try await perform(write, key: key) {
            case .done(let revision): return object.at(ResourceVersion(UInt64(revision)))
            case .conflict(let found):
                logger.trace("delete overtaken, trying again", metadata: ["key": "\(key)", "revision": "\(state.revision)"])
                trace.enter(.decode)
                state = try await self.state(key, of: found, ignoreNotFound: false)
            case .uncertain: throw unknownOutcome(key, nil)
            }
        }
    }

    private func refusal(
        of object: StoredObject, _ key: String, _ preconditions: Preconditions?, _ validate: @Sendable (StoredObject) async throws -> Void
    ) async -> StorageError? {
        do throws(StorageError) {
            try preconditions?.check(object, at: key)
        } catch {
            return error
        }
        do {
            try await validate(object)
            return nil
        } catch {
            return rejected(key, error)
        }
    }
}
