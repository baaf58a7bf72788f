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
    /// Without a start revision the store's current one is read first, so that a change made after this returned is always seen. The stream to
    /// the server is opened when the first batch is asked for. Each watch has a stream of its own; sharing one is for later.
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

    /// The cluster's revision, by a read that whoever may watch the range may do.
    func currentHeader(within range: KeyRange) async throws(EtcdError) -> ResponseHeader {
        try await self.range(.key(range.start), options: RangeOptions(limit: 1, keysOnly: true)).header
    }
}
