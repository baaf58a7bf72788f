//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Where the events of a watch come from. Implemented by storages, consumed through ``WatchStream``.
public protocol WatchSource: AnyObject, Sendable {
    /// Waits for events and takes all that are there, in order. Empty means that the watch has ended. Cancelling the
    /// calling task makes it return empty. Called by one task at a time.
    func nextBatch() async -> [WatchEvent]

    /// Ends the watch, also in the store below. May be called from anywhere, and more than once.
    func cancel()
}

/// The events of one watch, for one consumer.
///
/// Iterate ``batches`` where speed matters (one suspension a batch), or the stream itself for one event at a time. The watch ends when the
/// stream is let go of, when ``cancel()`` is called, or when the iterating task is cancelled; that always reaches the store.
public struct WatchStream: AsyncSequence, Sendable {
    /// What comes, in order.
    public typealias Element = WatchEvent
    /// Failures come as a last event.
    public typealias Failure = Never

    private let lifetime: Lifetime

    /// A stream of what a source reports. The stream owns the source.
    public init(source: any WatchSource) {
        lifetime = Lifetime(source: source)
    }

    /// Ends the watch.
    public func cancel() {
        lifetime.source.cancel()
    }

    /// The next events together; empty when the watch has ended.
    public func nextBatch() async -> [WatchEvent] {
        await lifetime.source.nextBatch()
    }

    /// The same events, as they come in batches.
    public var batches: Batches { Batches(stream: self) }

    /// For one consumer at a time.
    public func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    /// Goes through the events one at a time.
    public struct Iterator: AsyncIteratorProtocol {
        let stream: WatchStream
        var pending: ArraySlice<WatchEvent> = []

        /// The next event; nil at the end.
        public mutating func next() async -> WatchEvent? {
            await next(isolation: nil)
        }

        /// The next event; nil at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> WatchEvent? {
            if pending.isEmpty { pending = await stream.nextBatch()[...] }
            return pending.popFirst()
        }
    }

    /// The batches of a watch.
    public struct Batches: AsyncSequence, Sendable {
        /// What comes, in order.
        public typealias Element = [WatchEvent]
        /// Failures come as a last event.
        public typealias Failure = Never
        let stream: WatchStream

        /// For one consumer at a time.
        public func makeAsyncIterator() -> Iterator { Iterator(stream: stream) }

        /// Goes through the batches.
        public struct Iterator: AsyncIteratorProtocol {
            let stream: WatchStream

            /// The next batch; nil at the end.
            public mutating func next() async -> [WatchEvent]? {
                await next(isolation: nil)
            }

            /// The next batch; nil at the end.
            public mutating func next(isolation actor: isolated (any Actor)?) async -> [WatchEvent]? {
                let batch = await stream.nextBatch()
                return batch.isEmpty ? nil : batch
            }
        }
    }

    private final class Lifetime: Sendable {
        let source: any WatchSource
        init(source: any WatchSource) { self.source = source }
        deinit { source.cancel() }
    }
}
