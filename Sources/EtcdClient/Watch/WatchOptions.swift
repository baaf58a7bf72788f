//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What to watch for, and from when.
public struct WatchOptions: Sendable, Hashable {
    /// Events that can be left out.
    public enum Filter: Sendable, Hashable, CaseIterable {
        /// Leaves out writes.
        case noPut
        /// Leaves out deletes.
        case noDelete
    }

    /// Which stream to the server a watch is on.
    public enum Stream: Sendable, Hashable {
        /// The one that all watches of the client share which say nothing else. Costs the server the least.
        case shared
        /// One that the watches of this name share: no other group's traffic delays them.
        case group(String)
        /// One of its own. What its consumer doesn't take stays at the server, and its progress depends on nobody else's.
        case dedicated
    }

    /// How a watch is kept from falling silent.
    public struct Liveness: Sendable, Hashable {
        /// A watch that has been silent for so long asks the server how far it is.
        public var interval: Duration
        /// A server that doesn't answer for so long, although its connection is alive, is left for another.
        public var timeout: Duration

        /// Asks after `interval` of silence, and waits `timeout` for the answer.
        public init(interval: Duration = .seconds(5), timeout: Duration = .seconds(10)) {
            self.interval = interval
            self.timeout = timeout
        }

        func shortest(_ other: Liveness?) -> Liveness {
            Liveness(interval: min(interval, other?.interval ?? interval), timeout: min(timeout, other?.timeout ?? timeout))
        }
    }

    /// The first revision whose events are wanted; 0 for the one after the store's current.
    ///
    /// To follow on a range that was read, give its header's revision + 1.
    public var startRevision: Int64
    /// Adds to each event what the key was before, unless that is compacted.
    public var prevKV: Bool
    /// Has the server report its revision when there's nothing else to say, every ten minutes unless it was told otherwise.
    public var progressNotify: Bool
    /// Has the server send long answers in pieces. They are joined before they are delivered, as far as memory allows; a revision is never torn.
    /// On a shared stream it does so anyway, and elsewhere when an answer was too long in one piece.
    public var fragment: Bool
    /// The events to leave out.
    public var filters: [Filter]
    /// Whom to share a stream with.
    public var stream: Stream
    /// Keeps ``EtcdWatch/nextRevision`` of a quiet watch fresh, so that it can go on after a compaction; nil not to ask. The answers are delivered as
    /// progress. All watches of a stream are asked for at once, as often as the most eager of them wants.
    ///
    /// It also takes the place of ``EtcdClientConfiguration/watchProbe`` where it is shorter. Old servers, kine and etcd's own gRPC proxy never answer a
    /// request for progress, and on a shared stream one watch that isn't up to date silences it for all: there the probe tells whether the server lives.
    /// A dedicated watch that has never had an answer on two streams is only probed from then on.
    public var liveness: Liveness?
    /// Ends the watch with `noLeader` when its member has lost its leader, rather than go on elsewhere, or when there is one again.
    public var endsWithoutLeader: Bool
    /// On a shared stream, how many bytes may wait for a slow consumer. Beyond it the server's watcher is ended, and made again at
    /// ``EtcdWatch/nextRevision`` when the consumer has taken what waits: nothing is lost unless it is compacted by then, which is told. A watch
    /// holds twice as much at most. A dedicated one is bounded by `GRPCTransportConfiguration.streamWindowSize` instead.
    public var bufferLimit: Int

    /// Options.
    public init(
        startRevision: Int64 = 0, prevKV: Bool = false, progressNotify: Bool = false, fragment: Bool = false, filters: [Filter] = [],
        stream: Stream = .shared, liveness: Liveness? = nil, endsWithoutLeader: Bool = false, bufferLimit: Int = 4 << 20
    ) {
        self.startRevision = startRevision
        self.prevKV = prevKV
        self.progressNotify = progressNotify
        self.fragment = fragment
        self.filters = filters
        self.stream = stream
        self.liveness = liveness
        self.endsWithoutLeader = endsWithoutLeader
        self.bufferLimit = bufferLimit
    }
}
