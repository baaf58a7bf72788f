//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include <stdlib.h>
#include <string.h>

#include "session.h"

void *session_allocate(grpc_session *session, size_t size) {
    void *pointer = session->allocator.allocate(size, session->allocator.context);
    if (pointer == NULL) session->out_of_memory = true;
    return pointer;
}

void *session_reallocate(grpc_session *session, void *pointer, size_t size) {
    void *moved = session->allocator.reallocate(pointer, size, session->allocator.context);
    if (moved == NULL) session->out_of_memory = true;
    return moved;
}

void session_release(grpc_session *session, void *pointer) {
    if (pointer != NULL) session->allocator.release(pointer, session->allocator.context);
}

char *session_copy_string(grpc_session *session, const char *text) {
    size_t length = strlen(text) + 1;
    char *copy = session_allocate(session, length);
    if (copy != NULL) memcpy(copy, text, length);
    return copy;
}

void copy_text(char destination[GRPC_TEXT_LENGTH], const char *text, size_t length) {
    if (length > GRPC_TEXT_LENGTH - 1) length = GRPC_TEXT_LENGTH - 1;
    if (length > 0) memcpy(destination, text, length);
    destination[length] = 0;
}
