//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension EtcdClient {
    /// Watches keys.
    ///
    /// The watch delivers every change from ``WatchOptions/startRevision`` on: once, in order of revisions, and the changes of one revision
    /// together. It goes on by itself at the next revision when a connection, a stream or a member fails, for as long as it takes. It ends
    /// only by an error that reading on can't repair: see ``EtcdWatch/nextBatch()``.
    ///
    /// Without a start revision the store's current one is read first, so that a change made after this returned is always seen. The server is
    /// asked for the watcher when the first batch is. Watches share a stream unless ``WatchOptions/stream`` says otherwise.
    ///
    /// Nothing says how long a watch may take to come into being, since it goes on trying: ``EtcdClient`` tells whether the cluster can be reached.
    ///
    /// ```swift
    /// let page = try await client.range(.prefix("/jobs/"))
    /// let watch = try await client.watch(.prefix("/jobs/"), options: .init(startRevision: page.header.revision + 1))
    /// for try await batch in watch {
    ///     for event in batch.events { print(event.type, event.kv.key) }
    /// }
    /// ```
    /// - Throws: when the current revision can't be read: `unavailable`, `deadlineExceeded`…; `invalidArgument` for a negative start revision.
    public func watch(_ range: KeyRange, options: WatchOptions = .init()) async throws(EtcdError) -> EtcdWatch {
        var options = options
        var clusterID: UInt64 = 0
        if options.startRevision < 0 {
            throw EtcdError(.invalidArgument, message: "watch \(range): start revision \(options.startRevision) is negative; use 0 for now")
        }
        if options.startRevision == 0 {
            let header = try await currentHeader(within: range)
            options.startRevision = header.revision + 1
            clusterID = header.clusterID
        }
        return EtcdWatch(client: self, range: range, options: options, clusterID: clusterID)
    }

    /// Watches keys for as long as `body` runs; afterwards the server is told that the watch is over.
    ///
    /// See ``watch(_:options:)``.
    /// - Throws: when the watch can't be made, and what `body` throws.
    public func withWatch<Result>(
        _ range: KeyRange, options: WatchOptions = .init(), isolation: isolated (any Actor)? = #isolation,
        _ body: (EtcdWatch) async throws -> Result
    ) async throws -> Result {
        let watch = try await watch(range, options: options)
        defer { watch.cancel() }
        return try await body(watch)
    }

    /// The cluster's revision, by a read that whoever may watch the range may do.
    func currentHeader(within range: KeyRange) async throws(EtcdError) -> ResponseHeader {
        try await self.range(.key(range.start), options: RangeOptions(limit: 1, keysOnly: true)).header
    }
}
