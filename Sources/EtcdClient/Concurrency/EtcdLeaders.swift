//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The leaders of an election, one after another: see ``EtcdElection/observe()``.
public struct EtcdLeaders: AsyncSequence, Sendable {
    /// The leader's key; its value is what it says.
    public typealias Element = KeyValue
    /// What it ends with.
    public typealias Failure = EtcdError

    let client: EtcdNamespace
    let range: KeyRange

    /// Reads them.
    public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
        let client: EtcdNamespace
        let range: KeyRange
        var line = CandidateLine()
        var watch: EtcdNamespaceWatch?
        var pending: ArraySlice<KeyValue> = []

        /// The next leader, or the next thing that the leader says.
        /// - Throws: as ``EtcdWatch/nextBatch()``, save for `compacted`; `unavailable`… when the first cannot be read.
        public mutating func next() async throws(EtcdError) -> KeyValue? {
            while true {
                if let leader = pending.popFirst() { return leader }
                guard let watch else {
                    let answer = try await client.range(range)
                    pending += line.reset(answer.kvs)
                    self.watch = try await client.watch(range, options: .init(startRevision: answer.header.revision + 1))
                    continue
                }
                do throws(EtcdError) {
                    guard let batch = try await watch.nextBatch() else { return nil }
                    pending += line.handle(batch.events)
                } catch {
                    guard error.code == .compacted else { throw error }
                    self.watch = nil
                }
            }
        }

        /// The next leader, or the next thing that the leader says.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(EtcdError) -> KeyValue? { try await next() }
    }

    /// Reads them from now on.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(client: client, range: range) }
}

/// Those who stand in line, and who of them was told of last.
struct CandidateLine: Sendable {
    private var candidates: [[UInt8]: KeyValue] = [:]
    private var told: KeyValue?

    /// Begins with those who are there.
    mutating func reset(_ kvs: [KeyValue]) -> [KeyValue] {
        candidates = Dictionary(kvs.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
        return news()
    }

    /// Takes in changes, in order.
    /// - Returns: the leader of each revision at which it's another or says something else.
    mutating func handle(_ events: [WatchEvent]) -> [KeyValue] {
        var leaders: [KeyValue] = []
        for (index, event) in events.enumerated() {
            switch event.type {
            case .put: candidates[event.kv.key] = event.kv
            case .delete: candidates[event.kv.key] = nil
            }
            // In between there was no such line.
            let isLast = index + 1 == events.count || events[index + 1].revision != event.revision
            if isLast { leaders += news() }
        }
        return leaders
    }

    private mutating func news() -> [KeyValue] {
        guard let leader = candidates.values.min(by: { $0.createRevision < $1.createRevision }), leader != told else { return [] }
        told = leader
        return [leader]
    }
}
