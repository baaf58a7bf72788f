//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include "arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    first_chunk_bytes = 4096,
    alignment = alignof(max_align_t),
};

typedef struct chunk {
    struct chunk *previous;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
} chunk;

struct etcd_arena {
    ProtobufCAllocator allocator;
    chunk *current;
    size_t capacity;
    size_t limit;
    size_t retained;
};

static void *allocate_for_protobuf(void *arena, size_t size) {
    return etcd_arena_allocate(arena, size);
}

static void free_for_protobuf(void *arena, void *piece) {
    (void)arena;
    (void)piece;
}

etcd_arena *etcd_arena_create(size_t limit, size_t retained) {
    etcd_arena *arena = calloc(1, sizeof(*arena));
    if (arena == NULL) {
        return NULL;
    }
    arena->allocator.alloc = allocate_for_protobuf;
    arena->allocator.free = free_for_protobuf;
    arena->allocator.allocator_data = arena;
    arena->limit = limit;
    arena->retained = retained;
    return arena;
}

static void free_chunks(chunk *last) {
    while (last != NULL) {
        chunk *previous = last->previous;
        free(last);
        last = previous;
    }
}

void etcd_arena_destroy(etcd_arena *arena) {
    if (arena == NULL) {
        return;
    }
    free_chunks(arena->current);
    free(arena);
}

void etcd_arena_reset(etcd_arena *arena) {
    chunk *kept = NULL;
    for (chunk *each = arena->current; each != NULL; each = each->previous) {
        if (each->size <= arena->retained && (kept == NULL || each->size > kept->size)) {
            kept = each;
        }
    }
    chunk *each = arena->current;
    while (each != NULL) {
        chunk *previous = each->previous;
        if (each != kept) {
            free(each);
        }
        each = previous;
    }
    if (kept != NULL) {
        kept->previous = NULL;
        kept->used = 0;
    }
    arena->current = kept;
    arena->capacity = kept == NULL ? 0 : kept->size;
}

static bool add_chunk(etcd_arena *arena, size_t needed) {
    size_t left = arena->limit - arena->capacity;
    if (needed > left || needed > SIZE_MAX - sizeof(chunk)) {
        return false;
    }
    // Doubling keeps the number of chunks small when one message needs many of them.
    size_t size = arena->current == NULL ? first_chunk_bytes : arena->current->size;
    size = size > SIZE_MAX / 2 ? SIZE_MAX : size * (arena->current == NULL ? 1 : 2);
    if (size < needed) {
        size = needed;
    }
    if (size > left) {
        size = left;
    }
    if (size > SIZE_MAX - sizeof(chunk)) {
        size = needed;
    }
    chunk *added = malloc(sizeof(chunk) + size);
    if (added == NULL) {
        return false;
    }
    added->previous = arena->current;
    added->size = size;
    added->used = 0;
    arena->current = added;
    arena->capacity += size;
    return true;
}

void *etcd_arena_allocate(etcd_arena *arena, size_t size) {
    if (size > SIZE_MAX - alignment) {
        return NULL;
    }
    // protobuf-c takes NULL for "no memory", so even an empty piece has an address of its own.
    size_t rounded = size == 0 ? (size_t)alignment : (size + alignment - 1) & ~(size_t)(alignment - 1);
    chunk *current = arena->current;
    if (current == NULL || current->size - current->used < rounded) {
        if (!add_chunk(arena, rounded)) {
            return NULL;
        }
        current = arena->current;
    }
    void *piece = current->bytes + current->used;
    current->used += rounded;
    return piece;
}

void *etcd_arena_allocate_array(etcd_arena *arena, size_t count, size_t size) {
    if (size != 0 && count > SIZE_MAX / size) {
        return NULL;
    }
    void *piece = etcd_arena_allocate(arena, count * size);
    if (piece != NULL) {
        memset(piece, 0, count * size);
    }
    return piece;
}

void *etcd_arena_copy(etcd_arena *arena, const void *source, size_t length) {
    void *piece = etcd_arena_allocate(arena, length);
    if (piece != NULL && length != 0) {
        memcpy(piece, source, length);
    }
    return piece;
}

ProtobufCAllocator *etcd_arena_allocator(etcd_arena *arena) {
    return &arena->allocator;
}

size_t etcd_arena_capacity(const etcd_arena *arena) {
    return arena->capacity;
}
