//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
public import GRPCTransport
import NIOCore
import Synchronization

extension EtcdClient {
    /// Fetches a snapshot of one member's database.
    ///
    /// What comes is the database file. With ``SnapshotStream/digest`` at its end it's the file that `etcdutl snapshot restore` takes.
    /// Returns when the first bytes are there; until then it's repeated like any read. The rest is fetched no faster than it is read, apart from one
    /// HTTP/2 window. The member that sends it is the slower for it. A snapshot that was read to its end without an error is complete and intact; write
    /// it to a file that gets its name only then.
    /// - Parameters:
    ///   - endpoint: the member; nil for whichever is connected. A member that lags gives what it has.
    ///   - deadline: when all of it must be there; nil for ``CallOptions/timeout`` from now, or where there's none for no limit, other than that the
    ///     server must say something every half a minute. One that doesn't loses its connection.
    /// - Throws: `unavailable`, `permissionDenied`…
    public func snapshot(of endpoint: GRPCEndpoint? = nil, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> SnapshotStream {
        try await snapshot(of: endpoint, deadline: deadline, patience: .seconds(30))
    }

    /// - Parameter patience: how long a server may be silent that owes bytes.
    func snapshot(
        of endpoint: GRPCEndpoint?, deadline: ContinuousClock.Instant?, patience: Duration
    ) async throws(EtcdError) -> SnapshotStream {
        let deadline = deadline ?? options.timeout.map { .now + $0 }
        let call = Call(
            method: "/etcdserverpb.Maintenance/Snapshot", kind: .repeatable, lane: .bulk, requiresLeader: false, deadline: deadline,
            endpoint: endpoint, operation: { Self.question("snapshot", endpoint) })
        // The request has no fields.
        let silence = ContinuousClock.now + patience
        let opened = try await openServerStream(
            call, request: [], until: Swift.min(deadline ?? silence, silence), silenceCounts: deadline.map { silence < $0 } ?? true)
        let snapshot = SnapshotStream(opened, deadline: deadline, patience: patience)
        try snapshot.readAhead()
        return snapshot
    }
}

/// A snapshot that is being fetched: see ``EtcdClient/snapshot(of:deadline:)``.
///
/// The pieces, in order, are the file. They are the file only when the sequence ends without an error: the digest that the server sends last, which isn't
/// part of the file, is checked before. One task reads it, once. Letting go of it ends it on the server.
public final class SnapshotStream: Sendable {
    private struct Shared {
        var machine = SnapshotStateMachine()
        var inbox: ArraySlice<ByteBuffer>
        var serverIsDone: Bool
        /// The first piece, which was looked at for its numbers.
        var readAhead: SnapshotStateMachine.Action?
        var isOver = false
        var isRead = false
    }

    private let stream: GRPCStream
    private let deadline: ContinuousClock.Instant?
    private let patience: Duration
    private let shared: Mutex<Shared>

    fileprivate init(_ opened: EtcdClient.OpenedStream, deadline: ContinuousClock.Instant?, patience: Duration) {
        stream = opened.stream
        self.deadline = deadline
        self.patience = patience
        shared = Mutex(Shared(inbox: opened.first[...], serverIsDone: opened.first.isEmpty))
    }

    deinit { stream.cancel() }

    /// The member that sends it.
    public var endpoint: GRPCEndpoint { stream.endpoint }
    /// The version of the stored schema; empty before etcd 3.6.
    public var version: String { shared.withLock { $0.machine.version } }
    /// The bytes of the whole snapshot.
    public var totalBytes: UInt64 { shared.withLock { $0.machine.totalBytes ?? 0 } }
    /// The bytes of it that haven't been delivered yet.
    public var remainingBytes: UInt64 {
        shared.withLock { shared in
            guard case .deliver(let bytes) = shared.readAhead else { return shared.machine.remainingBytes }
            return shared.machine.remainingBytes + UInt64(bytes.count)
        }
    }

    /// The SHA-256 of the whole; nil until all was read, and is intact.
    public var digest: [UInt8]? { shared.withLock { $0.machine.digest } }

    /// Ends it, here and on the server; ``nextChunk()`` then throws `canceled`.
    public func cancel() { stream.cancel() }

    fileprivate func readAhead() throws(EtcdError) {
        try shared.withLock { shared throws(EtcdError) in
            let action = Self.step(&shared)
            if case .fail(let code, let reason) = action { throw error(code, reason, &shared) }
            shared.readAhead = action
        }
    }

    /// Waits for the next piece, of 32 KiB mostly.
    /// - Returns: nil at the end, when all is there and intact; then always.
    /// - Throws: `snapshotIncomplete` when the server ended it early or sent no digest; `snapshotCorrupt` when the digest is another; `unavailable` when the
    ///   connection broke; `deadlineExceeded`, `canceled`, `stopped`. What was delivered is then of no use, and nil follows.
    public func nextChunk() async throws(EtcdError) -> [UInt8]? {
        let mayRead = shared.withLock { shared in
            defer { shared.isRead = true }
            return !shared.isRead
        }
        guard mayRead else { throw EtcdError(.invalidArgument, message: "\(operation): a second task asks for a piece; let one task read it") }
        defer { shared.withLock { $0.isRead = false } }
        while true {
            let action = try shared.withLock { shared throws(EtcdError) -> SnapshotStateMachine.Action in
                if shared.isOver { return .finish }
                let action = shared.readAhead.take() ?? Self.step(&shared)
                switch action {
                case .receive, .deliver: break
                case .finish: shared.isOver = true
                case .fail(let code, let reason): throw error(code, reason, &shared)
                }
                return action
            }
            switch action {
            case .deliver(let bytes): return bytes
            case .finish: return nil
            case .fail: break
            case .receive: try await receive()
            }
        }
    }

    /// What comes of the messages that are here.
    private static func step(_ shared: inout Shared) -> SnapshotStateMachine.Action {
        while let message = shared.inbox.popFirst() {
            let action: SnapshotStateMachine.Action
            do throws(MalformedMessage) {
                action = shared.machine.handle(
                    .piece(
                        try message.decoded { bytes throws(MalformedMessage) in
                            try MessageArena.decode(bytes, etcdserverpb__snapshot_response__unpack) {
                                SnapshotStateMachine.Piece(
                                    remainingBytes: $0.remaining_bytes, blob: Array($0.blob), version: String($0.version))
                            }
                        }))
            } catch {
                action = .fail(.malformedResponse, "the server's message can't be read: \(error.reason)")
            }
            if case .receive = action { continue }
            return action
        }
        return shared.serverIsDone ? shared.machine.handle(.ended) : .receive
    }

    private var operation: String { EtcdClient.question("snapshot", stream.endpoint) }

    private func error(_ code: EtcdError.Code, _ reason: String, _ shared: inout Shared) -> EtcdError {
        shared.isOver = true
        return EtcdError(code, message: "\(operation): \(reason)")
    }

    private func receive() async throws(EtcdError) {
        let silence = ContinuousClock.now + patience
        do throws(GRPCError) {
            let messages = try await within(Swift.min(deadline ?? silence, silence)) { [stream] () async throws(GRPCError) in
                try await stream.nextMessages()
            }
            shared.withLock { shared in
                shared.inbox = messages[...]
                shared.serverIsDone = messages.isEmpty
            }
        } catch {
            // Its connection may answer pings for ever, and is no good for others either.
            if error.origin == .deadline, deadline.map({ silence < $0 }) ?? true { stream.reportWedged() }
            stream.cancel()
            throw shared.withLock { shared in
                shared.isOver = true
                let total = shared.machine.totalBytes ?? 0
                let operation = "\(operation), after \(total - shared.machine.remainingBytes) of \(total) bytes"
                // A snapshot can't go on where it broke off.
                return EtcdError(ending: error) { operation }
            }
        }
    }
}

extension SnapshotStream: AsyncSequence {
    /// A piece of the file.
    public typealias Element = [UInt8]
    /// What it ends with.
    public typealias Failure = EtcdError

    /// Reads a snapshot.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let snapshot: SnapshotStream

        /// See ``SnapshotStream/nextChunk()``.
        public func next() async throws(EtcdError) -> [UInt8]? { try await snapshot.nextChunk() }

        /// See ``SnapshotStream/nextChunk()``.
        public func next(isolation actor: isolated (any Actor)?) async throws(EtcdError) -> [UInt8]? { try await snapshot.nextChunk() }
    }

    /// Reads the snapshot; all iterators share its place.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(snapshot: self) }
}
