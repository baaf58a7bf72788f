//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// Small messages are made and freed at the pace of calls, and are just too long for what allocators are quick at. So a session uses the same few
// pieces of memory again. They are freed on any thread: those that come back are pushed on a list, which the session takes as a whole, so that no piece
// can come back while its list is read.

#include <stdlib.h>

#include "session.h"

#define PIECES (REUSES_MEMORY ? 64 : 0)
#define PIECE_LENGTH 2048
#define PIECE_CAPACITY (PIECE_LENGTH - sizeof(message))

struct message_pool {
    // The session, and each piece that it has given away.
    atomic_size_t references;
    _Atomic(message *) returned;
    // The session's alone from here on.
    message *ready;
    size_t pieces;
};

message_pool *pool_create(void) {
    if (PIECES == 0) return NULL;
    message_pool *pool = malloc(sizeof *pool);
    if (pool == NULL) return NULL;
    atomic_init(&pool->references, 1);
    atomic_init(&pool->returned, NULL);
    pool->ready = NULL;
    pool->pieces = 0;
    return pool;
}

static message *next_of(const message *piece) { return (message *)piece->node.next; }

static void free_list(message *piece) {
    while (piece != NULL) {
        message *next = next_of(piece);
        free(piece);
        piece = next;
    }
}

void pool_leave(message_pool *pool) {
    if (pool == NULL || atomic_fetch_sub_explicit(&pool->references, 1, memory_order_acq_rel) > 1) return;
    free_list(pool->ready);
    free_list(atomic_load_explicit(&pool->returned, memory_order_relaxed));
    free(pool);
}

message *pool_take(message_pool *pool, uint32_t length) {
    if (pool == NULL || length > PIECE_CAPACITY) return NULL;
    if (pool->ready == NULL) pool->ready = atomic_exchange_explicit(&pool->returned, NULL, memory_order_acquire);
    message *piece = pool->ready;
    if (piece != NULL) {
        pool->ready = next_of(piece);
    } else {
        if (pool->pieces == PIECES || (piece = malloc(PIECE_LENGTH)) == NULL) return NULL;
        pool->pieces++;
    }
    *piece = (message){.pool = pool, .capacity = PIECE_CAPACITY};
    return piece;
}

void pool_put_back(message_pool *pool, message *piece) {
    piece->node.next = (event_node *)pool->ready;
    pool->ready = piece;
}

void pool_give_away(message_pool *pool) { atomic_fetch_add_explicit(&pool->references, 1, memory_order_relaxed); }

void pool_return(message_pool *pool, message *piece) {
    message *first = atomic_load_explicit(&pool->returned, memory_order_relaxed);
    do piece->node.next = (event_node *)first;
    while (!atomic_compare_exchange_weak_explicit(&pool->returned, &first, piece, memory_order_release, memory_order_relaxed));
    pool_leave(pool);
}
