//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include <stdlib.h>

#include "CGRPCSessionTestSupport.h"

// Before each piece of memory stands how much it is; so much keeps what follows aligned.
#define BEFORE 16

static void took(allocation_meter *meter, size_t size) {
    meter->held += size;
    if (meter->held > meter->most) meter->most = meter->held;
}

static void *metered_allocate(size_t size, void *context) {
    size_t *start = malloc(size + BEFORE);
    if (start == NULL) return NULL;
    *start = size;
    took(context, size);
    return (char *)start + BEFORE;
}

static void metered_release(void *pointer, void *context) {
    if (pointer == NULL) return;
    size_t *start = (size_t *)((char *)pointer - BEFORE);
    ((allocation_meter *)context)->held -= *start;
    free(start);
}

static void *metered_reallocate(void *pointer, size_t size, void *context) {
    if (pointer == NULL) return metered_allocate(size, context);
    size_t *start = (size_t *)((char *)pointer - BEFORE);
    size_t before = *start;
    size_t *moved = realloc(start, size + BEFORE);
    if (moved == NULL) return NULL;
    *moved = size;
    ((allocation_meter *)context)->held -= before;
    took(context, size);
    return (char *)moved + BEFORE;
}

grpc_session_allocator metered_allocator(allocation_meter *meter) {
    return (grpc_session_allocator){metered_allocate, metered_reallocate, metered_release, meter};
}
