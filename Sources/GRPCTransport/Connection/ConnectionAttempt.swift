//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// A connection that is being made, and that its maker may give up at any moment.
final class ConnectionAttempt: Sendable {
    private struct State {
        /// One for each address that is tried, those that NIO has closed included: which it keeps is not known before it says so.
        var channels: [any Channel] = []
        var isAbandoned = false
    }

    /// TCP is connected.
    let opened: EventLoopPromise<any Channel>
    /// HTTP/2 is spoken.
    let ready: EventLoopPromise<Void>
    private let state = Mutex(State())

    init(_ loop: any EventLoop) {
        opened = loop.makePromise()
        ready = loop.makePromise()
    }

    /// There is a channel; false when nobody wants it any more.
    func accept(_ channel: any Channel) -> Bool {
        state.withLock { state in
            state.channels.append(channel)
            return !state.isAbandoned
        }
    }

    /// Ends it. What still comes is thrown away.
    func abandon() {
        let channels = state.withLock { state in
            state.isAbandoned = true
            return state.channels
        }
        // The first outcome counts, so these do nothing when there is one.
        opened.fail(CancellationError())
        ready.fail(CancellationError())
        for channel in channels { channel.close(promise: nil) }
    }
}
