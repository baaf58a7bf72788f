//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef KEELSON_CETCDMESSAGES_ARENA_H
#define KEELSON_CETCDMESSAGES_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Memory that is handed out piece by piece and taken back all at once.
///
/// Not safe for use by two threads at once. Nothing it hands out may be used after the next reset.
typedef struct etcd_arena etcd_arena;

/// Makes an arena that never holds more than `limit` bytes, and at most `retained` of them across a reset.
///
/// Takes no memory for pieces before the first is asked for.
/// Returns NULL when there's no memory.
etcd_arena *etcd_arena_create(size_t limit, size_t retained);

/// Gives everything back. NULL is allowed.
void etcd_arena_destroy(etcd_arena *arena);

/// Takes back all pieces. The biggest chunk is kept for the next round when it's within `retained`, so that a
/// steady load asks the system for nothing.
void etcd_arena_reset(etcd_arena *arena);

/// A piece aligned for any type, its content undefined.
///
/// Returns NULL when the limit or the system's memory is reached; what was handed out before stays valid.
void *etcd_arena_allocate(etcd_arena *arena, size_t size);

/// A piece of `count` elements of `size` bytes each, zeroed. Returns NULL as `etcd_arena_allocate` does, and when the product overflows.
void *etcd_arena_allocate_array(etcd_arena *arena, size_t count, size_t size);

/// A copy of `length` bytes at `source`, which may be NULL when `length` is 0. Returns NULL as `etcd_arena_allocate` does.
void *etcd_arena_copy(etcd_arena *arena, const void *source, size_t length);

/// The arena in the shape that protobuf-c asks for; its `free` does nothing. Lives as long as the arena.
ProtobufCAllocator *etcd_arena_allocator(etcd_arena *arena);

/// Bytes held in chunks now, handed out or not.
size_t etcd_arena_capacity(const etcd_arena *arena);

#ifdef __cplusplus
}
#endif

#endif
