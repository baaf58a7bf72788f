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
        var channel: (any Channel)?
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
            // Of several addresses of one name the last is kept: NIO closes the others.
            state.channel = channel
            return !state.isAbandoned
        }
    }

    /// Ends it. What still comes is thrown away.
    func abandon() {
        let channel = state.withLock { state in
            state.isAbandoned = true
            return state.channel
        }
        // The first outcome counts, so these do nothing when there is one.
        opened.fail(CancellationError())
        ready.fail(CancellationError())
        channel?.close(promise: nil)
    }
}
