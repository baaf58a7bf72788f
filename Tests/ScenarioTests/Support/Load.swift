//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import HistoryTesting

/// Who asks a client for this and that, and has it recorded.
struct Worker {
    /// The shares of a mixed load, in percent; what is left are reads of one key.
    struct Mix: Sendable {
        var guardedPuts = 40
        var puts = 12
        var deletes = 8
        var transactions = 8
        var lists = 6
        var serializableReads = 6
    }

    let client: EtcdClient
    let recorder: Recorder
    /// Where the keys are, without the slash at its end.
    let prefix: String
    let name: String
    var mix = Mix()
    var keys = 16
    var timeout: Duration = .seconds(3)
    /// The longest pause between operations.
    var pause: Duration = .milliseconds(12)
    var random: SeededRandom
    private var known: [String: Int64] = [:]
    private var values = 0

    init(_ client: EtcdClient, _ recorder: Recorder, prefix: String, name: String, random: SeededRandom) {
        self.client = client
        self.recorder = recorder
        self.prefix = prefix
        self.name = name
        self.random = random
    }

    /// Works until it's told to stop.
    mutating func work(until isOver: Flag) async {
        while !isOver.isSet, !Task.isCancelled {
            await step()
            // A pause that is cut short is the end of the work.
            try? await Task.sleep(for: pause * Double.random(in: 0...1, using: &random))
        }
    }

    private mutating func step() async {
        let key = "\(prefix)/\(Int.random(in: 0..<keys, using: &random))"
        var dice = Int.random(in: 0..<100, using: &random)
        func falls(_ share: Int) -> Bool {
            defer { dice -= share }
            return (0..<share).contains(dice)
        }
        if falls(mix.guardedPuts) {
            await guardedPut(key)
        } else if falls(mix.puts) {
            await put([key: newValue()])
        } else if falls(mix.deletes) {
            await delete(key)
        } else if falls(mix.transactions) {
            await put([key: newValue(), "\(prefix)/pair/\(Int.random(in: 0..<4, using: &random))": newValue()])
        } else if falls(mix.lists) {
            await list()
        } else {
            await read(key, isLinearizable: !falls(mix.serializableReads))
        }
    }

    private mutating func newValue() -> String {
        values += 1
        return "\(name).\(values)"
    }

    private var deadline: ContinuousClock.Instant { .now + timeout }

    private mutating func guardedPut(_ key: String) async {
        let (expected, value) = (known[key] ?? 0, newValue())
        let outcome = await recorder.record(.guardedPut(key, expected: expected, value: value)) { () async throws(EtcdError) in
            let bytes = Array(key.utf8)
            let response = try await client.transaction(
                Transaction(
                    compare: [.modRevision(bytes, .equal, expected)], success: [.put(bytes, Array(value.utf8))], failure: [.range(.key(key))]),
                deadline: deadline)
            var state: [String: Version] = [:]
            if case .range(let range) = response.responses.first { state = range.state }
            return .init(revision: response.header.revision, changed: response.succeeded, state: state)
        }
        // Who doesn't know must look, which the next guard that fails does.
        known[key] = if case .done(let answer) = outcome { answer.changed ? answer.revision : answer.state[key]?.modRevision } else { nil }
    }

    private mutating func put(_ pairs: [String: String]) async {
        let outcome = await recorder.record(.put(pairs)) { () async throws(EtcdError) in
            if pairs.count == 1, let (key, value) = pairs.first {
                return .init(revision: try await client.put(key, value, deadline: deadline).header.revision)
            }
            let puts = pairs.map { Transaction.Operation.put(Array($0.key.utf8), Array($0.value.utf8)) }
            return .init(revision: try await client.transaction(Transaction(success: puts), deadline: deadline).header.revision)
        }
        guard case .done(let answer) = outcome else { return }
        for key in pairs.keys { known[key] = answer.revision }
    }

    private mutating func delete(_ key: String) async {
        let outcome = await recorder.record(.delete(key)) { () async throws(EtcdError) in
            let response = try await client.deleteRange(.key(key), deadline: deadline)
            return .init(revision: response.header.revision, changed: response.deleted > 0)
        }
        if case .done = outcome { known[key] = nil }
    }

    private mutating func read(_ key: String, isLinearizable: Bool) async {
        let outcome = await recorder.record(.read(.key(key), isLinearizable: isLinearizable, at: 0)) { () async throws(EtcdError) in
            let response = try await client.range(.key(key), options: .init(serializable: !isLinearizable), deadline: deadline)
            return .init(revision: response.header.revision, state: response.state)
        }
        if isLinearizable, case .done(let answer) = outcome { known[key] = answer.state[key]?.modRevision }
    }

    /// Reads everything page by page, all of it at the first page's revision.
    private mutating func list() async {
        let (prefix, deadline) = ("\(prefix)/", deadline)
        _ = await recorder.record(.read(.prefix(prefix), isLinearizable: true, at: 0)) { () async throws(EtcdError) in
            var page = try await client.range(.prefix(prefix), options: .init(limit: 5), deadline: deadline)
            let revision = page.header.revision
            var state = page.state
            while page.more, let last = page.kvs.last {
                page = try await client.range(
                    .range(from: last.key + [0], to: KeyRange.endOfPrefix(Array(prefix.utf8))), options: .init(limit: 5, revision: revision),
                    deadline: deadline)
                state.merge(page.state) { $1 }
            }
            return .init(revision: revision, state: state)
        }
    }
}

extension RangeResponse {
    /// As the checkers have it.
    var state: [String: Version] {
        Dictionary(kvs.map { ($0.keyText, Version($0)) }) { first, _ in first }
    }
}

/// Opens watches here and there, reads them for a while, and leaves them in one way or another.
struct Watcher {
    let client: EtcdClient
    let recorder: Recorder
    let prefix: String
    /// The oldest revision that may be asked for.
    let oldest: @Sendable () -> Int64
    var random: SeededRandom

    mutating func work(until isOver: Flag) async {
        while !isOver.isSet, !Task.isCancelled {
            await openOne(isOver)
            try? await Task.sleep(for: .milliseconds(Int.random(in: 0...100, using: &random)))
        }
    }

    private mutating func openOne(_ isOver: Flag) async {
        let isSingle = random.chance(30)
        let key = "\(prefix)/\(Int.random(in: 0..<16, using: &random))"
        let scope = isSingle ? RecordedOperation.Scope.key(key) : .prefix("\(prefix)/")
        var options = WatchOptions(prevKV: random.chance(30), progressNotify: random.chance(30), fragment: random.chance(30))
        if random.chance(20) { options.filters = [random.chance(50) ? .noPut : .noDelete] }
        if random.chance(50) { options.startRevision = oldest() }
        let life = Duration.milliseconds(Int.random(in: 1...1500, using: &random))
        let asks = random.chance(30)
        // Without a server the current revision can't be had, and there's no watch.
        guard let watch = try? await client.watch(isSingle ? .key(key) : .prefix("\(prefix)/"), options: options) else { return }
        let (recorder, cancelsTask) = (recorder, random.chance(50))
        await withTaskGroup { group in
            group.addTask { [options] in await recorder.record(watch, scope: scope, options: options) }
            if asks { try? await watch.requestProgress() }
            try? await Task.sleep(for: life)
            if cancelsTask { group.cancelAll() } else { watch.cancel() }
        }
    }
}
