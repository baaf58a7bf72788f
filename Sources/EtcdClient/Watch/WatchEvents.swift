//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension EtcdWatch {
    /// The events one by one, without progress. Which of them belong together, and how far the watch is between them, only batches tell.
    public var events: Events { Events(watch: self) }

    /// The events of a watch one by one.
    public struct Events: AsyncSequence, Sendable {
        /// One change.
        public typealias Element = WatchEvent
        /// What it ends with.
        public typealias Failure = EtcdError

        fileprivate let watch: EtcdWatch

        /// Reads the watch. What an iterator holds of a batch is lost to others with it.
        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(watch: watch) }

        /// Reads a watch event by event.
        public struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let watch: EtcdWatch
            private var rest: ArraySlice<WatchEvent> = []

            fileprivate init(watch: EtcdWatch) { self.watch = watch }

            /// See ``EtcdWatch/nextBatch()``.
            public mutating func next() async throws(EtcdError) -> WatchEvent? { try await next(isolation: nil) }

            /// See ``EtcdWatch/nextBatch()``.
            public mutating func next(isolation actor: isolated (any Actor)?) async throws(EtcdError) -> WatchEvent? {
                while rest.isEmpty {
                    guard let batch = try await watch.nextBatch() else { return nil }
                    rest = batch.events[...]
                }
                return rest.popFirst()
            }
        }
    }
}
