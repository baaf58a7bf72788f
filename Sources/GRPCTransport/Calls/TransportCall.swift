//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// One call: what the connection needs to start it, and its state under a lock.
final class TransportCall: Sendable {
    /// A sender waits while more bytes than this wait for the peer's window.
    static let sendLimit = 256 * 1024

    let method: GRPCMethod
    let metadata: GRPCMetadata
    let deadline: NIODeadline?
    let isUnary: Bool
    /// Whether a GOAWAY ends the call at once.
    let endsOnGoAway: Bool
    let state = Mutex(CallState())

    init(method: GRPCMethod, metadata: GRPCMetadata, deadline: NIODeadline?, isUnary: Bool, endsOnGoAway: Bool) {
        self.method = method
        self.metadata = metadata
        self.deadline = deadline
        self.isUnary = isUnary
        self.endsOnGoAway = endsOnGoAway
    }

    /// Ends the call and wakes who waits for it.
    func fail(_ error: GRPCError) {
        state.withLock { $0.end(.failed(error)) }
        wake()
    }

    /// Resumes those for whom there is news.
    func wake() {
        let news = state.withLock { $0.waitersWithNews(sendLimit: Self.sendLimit) }
        news.reader?.resume()
        news.sender?.resume()
    }

    /// Waits for the end of a unary call, whose message does not wake anybody.
    nonisolated(nonsending) func waitForEnd() async {
        await withUnsafeContinuation { continuation in
            if !state.withLock({ $0.waitForEnd(continuation) }) { continuation.resume() }
        }
    }

    /// Waits until there is something to read. Returns at once when there is, or when another reader waits.
    nonisolated(nonsending) func waitForNews() async {
        await withUnsafeContinuation { continuation in
            if !state.withLock({ $0.wait(reader: continuation) }) { continuation.resume() }
        }
    }
}
