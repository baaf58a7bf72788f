//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Crypto

/// Checks a snapshot as it comes in. Knows no stream.
///
/// The server sends the database in pieces, each with how much is left; then the SHA-256 of it all as one more message; then it ends the stream.
///
/// Source of the rule: etcd's server/etcdserver/api/v3rpc/maintenance.go.
struct SnapshotStateMachine {
    /// One message of the server.
    struct Piece {
        var remainingBytes: UInt64
        var blob: [UInt8]
        var version: String
    }

    enum Event {
        case piece(Piece)
        /// The server ended the stream successfully.
        case ended
    }

    enum Action {
        /// Read on.
        case receive
        /// Give this to the consumer, then read on.
        case deliver([UInt8])
        /// All is there, and is what the server has.
        case finish
        case fail(EtcdError.Code, String)
    }

    private enum State {
        case data
        case digest
        case end
    }

    private static let digestLength = 32

    private var state = State.data
    private var hash = SHA256()
    /// What the server said at first; nil before that.
    private(set) var totalBytes: UInt64?
    private(set) var remainingBytes: UInt64 = 0
    private(set) var version = ""
    /// What the server says of the whole, once it's proven.
    private(set) var digest: [UInt8]?

    private var received: UInt64 { (totalBytes ?? 0) - remainingBytes }

    mutating func handle(_ event: Event) -> Action {
        switch (state, event) {
        case (.data, .piece(let piece)): return data(piece)
        case (.digest, .piece(let piece)): return digest(piece)
        case (.end, .piece): return .fail(.malformedResponse, "the server went on after the snapshot's end")
        case (.data, .ended):
            return .fail(.snapshotIncomplete, "the server ended the snapshot after \(received) of \(totalBytes ?? 0) bytes; take it anew")
        case (.digest, .ended):
            return .fail(.snapshotIncomplete, "the server sent no digest after \(received) bytes, so they can't be checked; take it anew")
        case (.end, .ended): return .finish
        }
    }

    private mutating func data(_ piece: Piece) -> Action {
        let count = UInt64(piece.blob.count)
        if totalBytes == nil {
            let (total, overflow) = piece.remainingBytes.addingReportingOverflow(count)
            if overflow { return .fail(.malformedResponse, "the server announced a snapshot of 2^64 bytes") }
            totalBytes = total
            remainingBytes = total
            version = piece.version
        }
        // A piece that was lost on the way would show here, long before the digest.
        guard count <= remainingBytes, piece.remainingBytes == remainingBytes - count else {
            return .fail(
                .snapshotCorrupt,
                "\(count) bytes came when \(remainingBytes) were missing, and the server says that \(piece.remainingBytes) still are; take it anew")
        }
        remainingBytes = piece.remainingBytes
        piece.blob.withUnsafeBytes { hash.update(bufferPointer: $0) }
        if remainingBytes == 0 { state = .digest }
        return piece.blob.isEmpty ? .receive : .deliver(piece.blob)
    }

    private mutating func digest(_ piece: Piece) -> Action {
        guard piece.blob.count == Self.digestLength else {
            return .fail(.snapshotIncomplete, "the server's digest has \(piece.blob.count) bytes rather than \(Self.digestLength); take it anew")
        }
        guard hash.finalize().elementsEqual(piece.blob) else {
            return .fail(.snapshotCorrupt, "the \(received) bytes that came aren't those that the server sent: their SHA-256 differs; take it anew")
        }
        digest = piece.blob
        state = .end
        return .receive
    }
}

extension EtcdError.Code {
    /// A snapshot ended before it was complete, or without the digest that proves it. What was delivered of it is of no use.
    public static let snapshotIncomplete = Self("snapshot incomplete")
    /// A snapshot isn't what the server sent. What was delivered of it is of no use.
    public static let snapshotCorrupt = Self("snapshot corrupt")
}
