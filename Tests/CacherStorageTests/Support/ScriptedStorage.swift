//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage
import Synchronization

/// An upstream that does as it is told: it keeps objects in memory, and fails, delays or closes when a test says so, which a real store
/// can't be made to do at a given moment.
final class ScriptedStorage: Storage {
    struct Script: Sendable {
        var listFailures: [StorageError] = []
        var watchFailures: [StorageError] = []
        /// Lists fail like this for as long as it is set.
        var listOutage: StorageError?
        var supportsProgress = true
        /// Asking for progress brings it.
        var answersProgress = true
        /// Events wait until they are let go.
        var holdsEvents = false
        var lists: [ListOptions] = []
        var gets = 0
        var watches = 0
        var progressRequests = 0
        var suggestions: [StoredObject?] = []
    }

    fileprivate struct State {
        var script = Script()
        var revision: UInt64 = 1
        var compacted: UInt64 = 0
        var history: [WatchChange] = []
        var held: [WatchEvent] = []
        var watchers: [Watcher] = []
    }

    fileprivate struct Watcher {
        let start: ResourceVersion
        let mailbox: WatchMailbox
    }

    private let state = Mutex(State())

    /// What was asked of it, and what it is to do.
    var script: Script {
        get { state.withLock { $0.script } }
        set { state.withLock { $0.script = newValue } }
    }

    func change<T>(_ body: (inout Script) -> T) -> T {
        state.withLock { body(&$0.script) }
    }

    // MARK: - Orders

    /// Moves the revision on, as writes to other resources do.
    func skip(to revision: UInt64) {
        state.withLock { $0.revision = max($0.revision, revision) }
    }

    /// Tells all watchers how far it is.
    func reportProgress() {
        state.withLock { $0.send([.bookmark(ResourceVersion($0.revision), endsInitialEvents: false)]) }
    }

    func releaseEvents() {
        state.withLock { state in
            state.script.holdsEvents = false
            let held = state.held
            state.held = []
            state.watchers.removeAll { watcher in
                watcher.mailbox.offer(held.filter { $0.resourceVersion.map { $0 > watcher.start } ?? true }) == .closed
            }
        }
    }

    /// Ends all watches, with a failure or silently.
    func endWatches(failing error: StorageError? = nil) {
        let watchers = state.withLock { state in
            defer { state.watchers = [] }
            return state.watchers
        }
        for watcher in watchers {
            if let error { watcher.mailbox.finish(failing: error) } else { watcher.mailbox.finish() }
        }
    }

    /// Compacts everything before a revision.
    func compact(to revision: UInt64) {
        state.withLock { $0.compacted = revision }
    }

    // MARK: - Storage

    func create(_ key: String, bytes: [UInt8], ttl: Int) async throws(StorageError) -> StoredObject {
        try write(key) { old throws(StorageError) in
            guard old == nil else { throw StorageError(.keyExists, key: key) }
            return bytes
        }
    }

    func get(_ key: String, options: GetOptions) async throws(StorageError) -> StoredObject? {
        let object = state.withLock { state in
            state.script.gets += 1
            return state.objects(at: state.revision)[key]
        }
        if object == nil, !options.ignoreNotFound { throw StorageError(.keyNotFound, key: key) }
        return object
    }

    func guaranteedUpdate(
        _ key: String, ignoreNotFound: Bool, preconditions: Preconditions?, suggestion: StoredObject?,
        update: @Sendable (StoredObject?) async throws -> UpdateProposal
    ) async throws(StorageError) -> StoredObject {
        let old = state.withLock { state in
            state.script.suggestions.append(suggestion)
            return state.objects(at: state.revision)[key]
        }
        let proposal: UpdateProposal
        do { proposal = try await update(old) } catch { throw StorageError(.rejected, key: key, cause: error) }
        return try write(key) { _ in proposal.bytes }
    }

    func delete(
        _ key: String, preconditions: Preconditions?, suggestion: StoredObject?, validate: @Sendable (StoredObject) async throws -> Void
    ) async throws(StorageError) -> StoredObject {
        state.withLock { $0.script.suggestions.append(suggestion) }
        return try write(key) { old throws(StorageError) in
            guard old != nil else { throw StorageError(.keyNotFound, key: key) }
            return nil
        }
    }

    func list(_ key: String, options: ListOptions) async throws(StorageError) -> StorageList {
        let result: Result<StorageList, StorageError> = state.withLock { state in
            state.script.lists.append(options)
            if let outage = state.script.listOutage { return .failure(outage) }
            if !state.script.listFailures.isEmpty { return .failure(state.script.listFailures.removeFirst()) }
            return Result { () throws(StorageError) in try state.list(key, options: options) }
        }
        return try result.get()
    }

    func watch(_ key: String, options: ListOptions) async throws(StorageError) -> WatchStream {
        let result: Result<WatchStream, StorageError> = state.withLock { state in
            state.script.watches += 1
            if !state.script.watchFailures.isEmpty { return .failure(state.script.watchFailures.removeFirst()) }
            let start = options.resourceVersion ?? ResourceVersion(state.revision)
            let mailbox = WatchMailbox(maximumEvents: .max)
            if start.value < state.compacted {
                mailbox.finish(failing: StorageError(.expired, message: "the required revision is compacted"))
            } else {
                _ = mailbox.offer(state.replay(after: start))
                state.watchers.append(Watcher(start: start, mailbox: mailbox))
            }
            return .success(WatchStream(source: mailbox))
        }
        return try result.get()
    }

    func currentResourceVersion() async throws(StorageError) -> ResourceVersion {
        state.withLock { ResourceVersion($0.revision) }
    }

    func requestWatchProgress() async throws(StorageError) {
        let answers = state.withLock { state in
            state.script.progressRequests += 1
            return state.script.answersProgress
        }
        if answers { reportProgress() }
    }

    var supportsWatchProgress: Bool {
        get async { script.supportsProgress }
    }

    var compactRevision: ResourceVersion { ResourceVersion(state.withLock { $0.compacted }) }

    func statistics() async throws(StorageError) -> StorageStatistics {
        StorageStatistics(objectCount: state.withLock { $0.objects(at: $0.revision).count })
    }

    func checkReadiness() async throws(StorageError) {}

    /// Writes what `change` makes of the old object; nil removes it.
    private func write(
        _ key: String, _ change: (StoredObject?) throws(StorageError) -> [UInt8]?
    ) throws(StorageError) -> StoredObject {
        let result: Result<StoredObject, StorageError> = state.withLock { state in
            Result { () throws(StorageError) in
                let old = state.objects(at: state.revision)[key]
                let bytes = try change(old)
                state.revision += 1
                let object = StoredObject(key: key, bytes: bytes ?? old?.bytes ?? [], resourceVersion: ResourceVersion(state.revision))
                let kind: WatchChange.Kind = bytes == nil ? .deleted : old == nil ? .added : .modified
                let event = WatchChange(kind: kind, object: object)
                state.history.append(event)
                state.send([.change(event)])
                return object
            }
        }
        return try result.get()
    }
}

fileprivate extension ScriptedStorage.State {
    /// The objects as they were at a revision.
    func objects(at revision: UInt64) -> [String: StoredObject] {
        var objects: [String: StoredObject] = [:]
        for change in history where change.object.resourceVersion.value <= revision {
            objects[change.object.key] = change.kind == .deleted ? nil : change.object
        }
        return objects
    }

    mutating func send(_ events: [WatchEvent]) {
        if script.holdsEvents {
            held += events
        } else {
            watchers.removeAll { $0.mailbox.offer(events) == .closed }
        }
    }

    /// What a new watcher gets at once. Events on hold are kept from it as from the others, so that a test may hold them before the
    /// cache that it watches has come to open its watch.
    func replay(after start: ResourceVersion) -> [WatchEvent] {
        let onHold = Set(held.compactMap { if case .change(let change) = $0 { change.object.resourceVersion } else { nil } })
        return
            history
            .filter { $0.object.resourceVersion > start && !onHold.contains($0.object.resourceVersion) }
            .map { .change($0) }
    }

    func list(_ key: String, options: ListOptions) throws(StorageError) -> StorageList {
        let prefix = options.recursive && !key.hasSuffix("/") ? key + "/" : key
        let resolved = try ListRevision(resolving: options, keyPrefix: prefix)
        var at = revision
        if case .exact(let version) = resolved.read {
            if version.value < compacted { throw StorageError(.expired, message: "compacted") }
            at = version.value
        }
        try resolved.check(current: ResourceVersion(revision))
        let all = objects(at: at).values
            .filter { options.recursive ? $0.key.hasPrefix(prefix) : $0.key == key }
            .filter { object in resolved.startKey.map { !KeyOrderOfTests.precedes(object.key, $0) } ?? true }
            .sorted { KeyOrderOfTests.precedes($0.key, $1.key) }
        var items: [StoredObject] = []
        for (index, object) in all.enumerated() where (try? options.predicate.matches(object)) == true {
            items.append(object)
            guard items.count == options.predicate.limit, index + 1 < all.count else { continue }
            let token = ContinueToken(revision: Int64(at), after: object.key)
            return StorageList(
                items: items, resourceVersion: ResourceVersion(at), continueToken: try token.encoded(keyPrefix: prefix),
                remainingItemCount: options.predicate.isEmpty ? all.count - index - 1 : nil)
        }
        return StorageList(items: items, resourceVersion: ResourceVersion(at))
    }
}

/// The order of keys, said again in the simplest way.
enum KeyOrderOfTests {
    static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
