//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import Storage
import Synchronization

/// Turns a watch of etcd into events of objects, in the task of whoever takes them: what isn't taken stays in etcd's client, which then
/// stops reading.
final class EtcdWatchSource: WatchSource {
    enum Start: Sendable {
        /// With the present state.
        case initialState
        /// With what happens after a version.
        case after(ResourceVersion)
    }

    private enum Phase: Sendable {
        /// Nothing asked of etcd yet.
        case new
        /// A piece of the present state is to be delivered; nil when it is to be read first.
        case initial(InitialState, InitialState.Piece?)
        case watching(EtcdWatch)
        /// One last event is to be delivered.
        case failing(StorageError)
        case ended
    }

    private let storage: EtcdStorage
    private let key: String
    private let range: KeyRange
    private let options: ListOptions
    private let transformation: WatchTransformation
    private let phase = Mutex<Phase>(.new)

    init(storage: EtcdStorage, key: String, range: KeyRange, options: ListOptions) {
        self.storage = storage
        self.key = key
        self.range = range
        self.options = options
        transformation = WatchTransformation(predicate: options.predicate, values: storage.values)
    }

    deinit {
        storage.watches.remove(self)
    }

    /// Asks etcd for the first things, so that the stream has its place in history.
    /// - Throws: failures that aren't about versions: those are events.
    func begin(_ start: Start, notOlderThan minimum: ResourceVersion = .zero) async throws(StorageError) {
        switch start {
        case .after(let version):
            do {
                // The last revision that another can follow.
                try await follow(after: min(Int64(clamping: version.value), .max - 1))
            } catch {
                try failOrThrow(error)
            }
        case .initialState:
            var state = await storage.initialState(of: range)
            let piece = try await nextPiece(&state)
            let current = ResourceVersion(UInt64(state.revision))
            guard current >= minimum else {
                // Spread over some seconds, because all clients of a lagging store come back at once.
                return move(
                    to: .failing(.tooLarge(requested: minimum, current: current, retryAfterSeconds: .random(in: 1...4))))
            }
            move(to: .initial(state, piece))
        }
    }

    func nextBatch() async -> [ObjectEvent] {
        while !Task.isCancelled {
            switch phase.withLock({ $0 }) {
            case .new, .ended: return []
            case .failing(let error):
                move(to: .ended)
                return [.failure(error)]
            case .initial(let state, let piece):
                let batch = await deliver(piece, of: state)
                if !batch.isEmpty { return batch }
            case .watching(let watch):
                let batch = await deliver(watch)
                if !batch.isEmpty { return batch }
            }
        }
        cancel()
        return []
    }

    func cancel() {
        let old = phase.withLock { phase in
            defer { phase = .ended }
            return phase
        }
        if case .watching(let watch) = old { watch.cancel() }
        storage.watches.remove(self)
    }

    // MARK: The present state

    private func deliver(_ known: InitialState.Piece?, of before: InitialState) async -> [ObjectEvent] {
        var state = before
        var events: [ObjectEvent] = []
        do throws(StorageError) {
            let piece = if let known { known } else { try await nextPiece(&state) }
            events.reserveCapacity(piece.kvs.count + 1)
            for kv in piece.kvs {
                if let event = try await transformation.initialEvent(kv) { events.append(event) }
            }
            guard piece.isLast else {
                move(to: .initial(state, nil))
                return events
            }
            if options.sendInitialEvents == true, options.predicate.allowWatchBookmarks {
                events.append(.bookmark(ResourceVersion(UInt64(state.revision)), endsInitialEvents: true))
            }
            do {
                try await follow(after: state.revision)
            } catch {
                throw .reading(error, key: key, read: "watch")
            }
        } catch {
            move(to: .failing(error))
        }
        return events
    }

    private func nextPiece(_ state: inout InitialState) async throws(StorageError) -> InitialState.Piece {
        do {
            return try await state.next(from: storage.requests)
        } catch let error as EtcdError {
            throw .reading(error, key: key, read: "watch")
        } catch {
            throw StorageError(.internalError, key: key, message: "etcd's answer to a list of \"\(key)\" makes no sense: \(error)")
        }
    }

    // MARK: What happens

    private func follow(after revision: Int64) async throws(EtcdError) {
        // A stream of its own: progress is worth something only where no other watch can hold it up.
        var options = WatchOptions(startRevision: revision + 1, prevKV: true, progressNotify: options.progressNotify, stream: .dedicated)
        // Whoever wants progress is a cache, and must hear when its server has fallen silent. A server that answers requests for progress before the
        // events that came before it isn't asked.
        if options.progressNotify, await storage.supportsWatchProgress { options.liveness = WatchOptions.Liveness() }
        let watch = try await storage.requests.watch(range, options: options)
        if self.options.progressNotify { storage.watches.add(watch, of: self) }
        move(to: .watching(watch))
    }

    private func deliver(_ watch: EtcdWatch) async -> [ObjectEvent] {
        do throws(EtcdError) {
            guard let batch = try await watch.nextBatch() else {
                watchEnded()
                move(to: .ended)
                return []
            }
            return await transform(batch)
        } catch {
            watchEnded()
            // The end of the client, or of the consumer, is an end and no failure.
            if error.code == .stopped || error.code == .canceled {
                move(to: .ended)
            } else {
                move(to: .failing(.reading(error, key: key, read: "watch")))
            }
            return []
        }
    }

    private func transform(_ batch: WatchBatch) async -> [ObjectEvent] {
        if batch.isProgress {
            // Others' requests are answered on the stream that this watch may share with theirs.
            guard options.progressNotify else { return [] }
            storage.metrics.countBookmark()
            return [.bookmark(ResourceVersion(UInt64(batch.revision)), endsInitialEvents: false)]
        }
        var events: [ObjectEvent] = []
        events.reserveCapacity(batch.events.count)
        storage.metrics.countEvents(batch.events.count)
        for event in batch.events {
            do throws(StorageError) {
                if let change = try await transformation.event(event) { events.append(change) }
            } catch {
                watchEnded()
                move(to: .failing(error))
                break
            }
        }
        return events
    }

    /// Nobody will read etcd's watch any more.
    private func watchEnded() {
        if case .watching(let watch) = phase.withLock({ $0 }) { watch.cancel() }
        storage.watches.remove(self)
    }

    private func failOrThrow(_ error: EtcdError) throws(StorageError) {
        let failure = StorageError.reading(error, key: key, read: "watch")
        guard failure.code == .expired else { throw failure }
        move(to: .failing(failure))
    }

    /// An end stays an end: ``cancel()`` may have come meanwhile.
    private func move(to new: Phase) {
        let refused = phase.withLock { phase in
            if case .ended = phase { return true }
            phase = new
            return false
        }
        if refused, case .watching(let watch) = new {
            watch.cancel()
            storage.watches.remove(self)
        }
    }
}
