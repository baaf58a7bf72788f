//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A watch in a namespace: an ``EtcdWatch`` whose events carry keys without the prefix. All its promises hold.
public struct EtcdNamespaceWatch: Sendable {
    /// The watch that does the work; its events carry whole keys.
    public let watch: EtcdWatch
    let keys: KeyPrefix

    /// See ``EtcdWatch/nextRevision``.
    public var nextRevision: Int64 { watch.nextRevision }

    /// See ``EtcdWatch/nextBatch()``.
    public func nextBatch() async throws(EtcdError) -> WatchBatch? { try await watch.nextBatch().map(keys.removing(from:)) }

    /// See ``EtcdWatch/requestProgress()``.
    public func requestProgress() async throws(EtcdError) { try await watch.requestProgress() }

    /// See ``EtcdWatch/cancel()``.
    public func cancel() { watch.cancel() }
}

extension EtcdNamespaceWatch: AsyncSequence {
    /// What comes at once.
    public typealias Element = WatchBatch
    /// What it ends with.
    public typealias Failure = EtcdError

    /// Reads a watch.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let watch: EtcdNamespaceWatch

        /// See ``EtcdWatch/nextBatch()``.
        public func next() async throws(EtcdError) -> WatchBatch? { try await watch.nextBatch() }

        /// See ``EtcdWatch/nextBatch()``.
        public func next(isolation actor: isolated (any Actor)?) async throws(EtcdError) -> WatchBatch? { try await watch.nextBatch() }
    }

    /// Reads the watch; all iterators share its place.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(watch: self) }
}
