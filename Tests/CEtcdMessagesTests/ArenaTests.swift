//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import CProtobufC
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite("The arena")
struct ArenaTests {
    private func withArena(limit: Int, retained: Int = 1 << 20, _ body: (OpaquePointer) throws -> Void) throws {
        let arena = try #require(etcd_arena_create(limit, retained))
        defer { etcd_arena_destroy(arena) }
        try body(arena)
    }

    @Test("Pieces are aligned and don't overlap")
    func pieces() throws {
        try withArena(limit: 1 << 20) { arena in
            var taken: [(start: UInt, end: UInt)] = []
            for size in [0, 1, 7, 16, 17, 4096, 5, 0, 70_000, 3] {
                let piece = try #require(etcd_arena_allocate(arena, size))
                memset(piece, 0xa5, size)
                let start = UInt(bitPattern: piece)
                #expect(start % 16 == 0)
                for other in taken { #expect(start + UInt(max(size, 1)) <= other.start || start >= other.end) }
                taken.append((start, start + UInt(max(size, 1))))
            }
        }
    }

    @Test("It never holds more than its limit, and goes on after a refusal", arguments: [0, 100, 4096, 10_000, 65_536])
    func limit(limit: Int) throws {
        try withArena(limit: limit) { arena in
            var taken = 0
            while etcd_arena_allocate(arena, 48) != nil {
                taken += 48
                #expect(etcd_arena_capacity(arena) <= limit)
                try #require(taken <= limit)
            }
            #expect(etcd_arena_capacity(arena) <= limit)
            etcd_arena_reset(arena)
            #expect((etcd_arena_allocate(arena, 48) != nil) == (limit >= 48))
        }
    }

    @Test("Sizes that can't be are refused")
    func overflow() throws {
        try withArena(limit: Int(bitPattern: UInt.max)) { arena in
            #expect(etcd_arena_allocate(arena, -1) == nil)
            #expect(etcd_arena_allocate(arena, -16) == nil)
            #expect(etcd_arena_allocate_array(arena, Int.max, 3) == nil)
            #expect(etcd_arena_allocate_array(arena, 3, Int.max) == nil)
            #expect(etcd_arena_allocate(arena, 16) != nil)
        }
    }

    @Test("An array is zeroed, a copy is one")
    func contents() throws {
        try withArena(limit: 1 << 20) { arena in
            let dirty = try #require(etcd_arena_allocate(arena, 256))
            memset(dirty, 0xff, 256)
            etcd_arena_reset(arena)
            let array = try #require(etcd_arena_allocate_array(arena, 16, 16))
            #expect(UnsafeRawBufferPointer(start: array, count: 256).allSatisfy { $0 == 0 })
            let source = Array("keelson".utf8)
            let copy = try #require(etcd_arena_copy(arena, source, source.count))
            #expect(UnsafeRawBufferPointer(start: copy, count: source.count).elementsEqual(source))
            #expect(etcd_arena_copy(arena, nil, 0) != nil)
        }
    }

    @Test("A reset keeps the biggest chunk that may be kept, and only that")
    func reset() throws {
        try withArena(limit: 1 << 20, retained: 100_000) { arena in
            _ = etcd_arena_allocate(arena, 50_000)
            _ = etcd_arena_allocate(arena, 300_000)
            etcd_arena_reset(arena)
            let kept = etcd_arena_capacity(arena)
            #expect(kept >= 50_000 && kept <= 100_000)
            _ = etcd_arena_allocate(arena, 50_000)
            #expect(etcd_arena_capacity(arena) == kept, "a second round asks the system for nothing")
        }
    }

    @Test("A message that doesn't fit is refused whole, wherever memory runs out", arguments: Array(stride(from: 0, through: 4096, by: 64)))
    func unpackWithinLimit(limit: Int) throws {
        var bytes: [UInt8] = []
        for index in 0..<20 { bytes += [0x12, 8, 0x0a, 1, UInt8(index), 0x2a, 3, 1, 2, 3] }
        try withArena(limit: limit) { arena in
            let message = etcdserverpb__range_response__unpack(etcd_arena_allocator(arena), bytes.count, bytes)
            if let message {
                #expect(message.pointee.n_kvs == 20)
                #expect(message.pointee.kvs[19]?.pointee.value.len == 3)
            } else {
                #expect(limit < 4096)
            }
            #expect(etcd_arena_capacity(arena) <= limit)
        }
    }
}
