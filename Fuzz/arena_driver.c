//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// Run under sanitizers by CI/sanitize-c.sh: pieces of all sizes are written in full, so that an overlap or an overrun shows.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"

#define LIMIT (1u << 20)
#define PIECES 4096

int main(void) {
    etcd_arena *arena = etcd_arena_create(LIMIT, 65536);
    if (arena == NULL) return 1;
    for (uint32_t round = 1; round < 200; round++) {
        static uint8_t *pieces[PIECES];
        static size_t sizes[PIECES];
        size_t count = 0;
        for (; count < PIECES; count++) {
            sizes[count] = (count * 7919 * round) % (round * 37) + 1;
            pieces[count] = etcd_arena_allocate(arena, sizes[count]);
            if (pieces[count] == NULL) break;
            if ((uintptr_t)pieces[count] % _Alignof(max_align_t) != 0) return 2;
            memset(pieces[count], (int)(count & 255), sizes[count]);
        }
        for (size_t i = 0; i < count; i++) {
            if (pieces[i][0] != (i & 255) || pieces[i][sizes[i] - 1] != (i & 255)) return 3;
        }
        if (etcd_arena_capacity(arena) > LIMIT) return 4;
        if (etcd_arena_allocate_array(arena, SIZE_MAX / 2, 16) != NULL) return 5;
        if (etcd_arena_allocate(arena, SIZE_MAX) != NULL) return 6;
        etcd_arena_reset(arena);
        if (etcd_arena_capacity(arena) > 65536) return 7;
    }
    etcd_arena_destroy(arena);
    puts("arena: no finding");
    return 0;
}
