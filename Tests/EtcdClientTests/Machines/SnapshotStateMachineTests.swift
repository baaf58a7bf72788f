//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Crypto
import Testing

@testable import EtcdClient

@Suite("What makes a snapshot complete")
struct SnapshotStateMachineTests {
    typealias Machine = SnapshotStateMachine

    static let (first, second): ([UInt8], [UInt8]) = ([1, 2, 3], [4, 5])
    static let digest = Array(SHA256.hash(data: first + second))

    static func piece(_ blob: [UInt8], _ remaining: UInt64) -> Machine.Event {
        .piece(.init(remainingBytes: remaining, blob: blob, version: "3.6.0"))
    }

    /// What is delivered, and how it ends: nil when it's complete.
    private func run(_ events: [Machine.Event]) -> (delivered: [UInt8], machine: Machine, failure: EtcdError.Code??) {
        var machine = Machine()
        var delivered: [UInt8] = []
        for event in events {
            switch machine.handle(event) {
            case .receive: break
            case .deliver(let bytes): delivered += bytes
            case .finish: return (delivered, machine, .some(nil))
            case .fail(let code, _): return (delivered, machine, code)
            }
        }
        return (delivered, machine, nil)
    }

    @Test("All pieces, then their digest, then the end", arguments: [true, false])
    func complete(withEmptyPiece: Bool) {
        var events = [Self.piece(Self.first, 2), Self.piece(Self.second, 0), Self.piece(Self.digest, 0), .ended]
        if withEmptyPiece { events.insert(Self.piece([], 2), at: 1) }
        let (delivered, machine, failure) = run(events)
        #expect(failure == .some(nil))
        #expect(delivered == Self.first + Self.second, "the digest is no data")
        #expect(machine.totalBytes == 5 && machine.remainingBytes == 0 && machine.version == "3.6.0" && machine.digest == Self.digest)
    }

    @Test(
        "Anything else is no snapshot",
        arguments: [
            ([.ended], .snapshotIncomplete),
            ([piece(first, 2), .ended], .snapshotIncomplete),
            ([piece(first, 2), piece(second, 0), .ended], .snapshotIncomplete),
            ([piece(first, 2), piece(second, 0), piece(Array(digest.dropLast()), 0)], .snapshotIncomplete),
            ([piece(first, 2), piece(second, 0), piece(Array(digest.reversed()), 0)], .snapshotCorrupt),
            ([piece(first, 2), piece([4, 6], 0), piece(digest, 0)], .snapshotCorrupt),
            ([piece(first, 2), piece([4, 5, 6], 0)], .snapshotCorrupt),
            ([piece(first, 2), piece([4], 0)], .snapshotCorrupt),
            ([piece(first, 2), piece([4], 2)], .snapshotCorrupt),
            ([piece(first, .max)], .malformedResponse),
            ([piece(first, 2), piece(second, 0), piece(digest, 0), piece([], 0)], .malformedResponse),
        ] as [([SnapshotStateMachine.Event], EtcdError.Code)])
    func broken(events: [SnapshotStateMachine.Event], code: EtcdError.Code) {
        let (_, machine, failure) = run(events)
        #expect(failure == .some(code))
        if code != .malformedResponse { #expect(machine.digest == nil) }
    }
}
