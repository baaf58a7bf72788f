//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import Storage

extension EtcdStorage {
    /// Carries out a guarded write.
    /// - Throws: the certain failures; `unknownOutcome`.
    func perform(_ write: GuardedWrite, key: String) async throws(StorageError) -> GuardedWriteMachine.Result {
        var machine = GuardedWriteMachine(write)
        var action = GuardedWriteMachine.Action.send
        while true {
            switch action {
            case .send: action = machine.handle(await send(write))
            case .reread: action = machine.handle(await reread(write))
            case .finish(let result): return result
            case .fail(let error): throw .writing(error, key: key)
            case .giveUp(let error): throw unknownOutcome(key, error)
            }
        }
    }

    func unknownOutcome(_ key: String, _ cause: (any Error)?) -> StorageError {
        StorageError(
            .unknownOutcome, key: key,
            message: "the answer to a write of \"\(key)\" was lost and what is stored doesn't tell whether it happened: read it before writing again",
            cause: cause)
    }

    private func send(_ write: GuardedWrite) async -> GuardedWriteMachine.Event {
        do {
            let response = try await requests.send(write)
            if response.succeeded { return .done(revision: response.header.revision) }
            if case .range(let range)? = response.responses.first { return .refused(range.kvs.first) }
            return .refused(nil)
        } catch {
            return error.outcome == .unknown ? .lost(error) : .failed(error)
        }
    }

    private func reread(_ write: GuardedWrite) async -> GuardedWriteMachine.Event {
        do {
            return .found(try await requests.get(write.key).kvs.first)
        } catch {
            return .rereadFailed(error)
        }
    }
}
