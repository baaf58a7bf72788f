//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport

/// Who is told what becomes of watches.
struct WatchHooks: Sendable {
    /// So many watches haven't ended.
    var watches: @Sendable (Int) -> Void = { _ in }
    /// The watch that is furthest behind the store is so many revisions behind.
    var lag: @Sendable (Int64) -> Void = { _ in }
    /// A watch goes on after the stream broke on which the server had made it.
    var resumed: @Sendable () -> Void = {}
    /// A consumer was too slow for a stream that it shares.
    var overflowed: @Sendable () -> Void = {}
    /// A watch found the store replaced.
    var historyLost: @Sendable () -> Void = {}
}

// What watches need of the client's login and of its connections.
extension EtcdClient {
    /// Opens a stream of watches. Whole histories come in messages of a megabyte and more, so these are read while they come.
    /// - Parameter pulse: what is to be told of each part of a long message.
    func openWatchStream(_ pulse: WatchPulse) async throws(GRPCError) -> IdentifiedStream {
        try await openStream(
            "/etcdserverpb.Watch/Watch", lane: .watch, parts: { [weak pulse] in MessageParts<WatchMessage> { [weak pulse] in pulse?.heardPart() } })
    }

    /// Whether a refused token can be replaced by another.
    var canReplaceToken: Bool { authenticator.canLogIn }

    /// A server refused the token of this login, which a stream was opened with.
    func watchRefused(login: UInt64) { authenticator.streamRefused(login: login) }

    /// A watch stream has ended so. A member that has no leader, or is a learner, is left for another; where there's none it is asked again.
    ///
    /// etcd's own client ends a watch for want of a leader. That is the state of one member, though, not of the watch.
    func watchBroke(_ cause: GRPCError) { judge(cause, lane: .watch) }
}

extension GRPCStream {
    /// Ends a stream whose server is silent; the next one is to be opened on another connection.
    func leaveServer() {
        reportWedged()
        cancel()
    }
}
