//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// Bytes from the server. The first byte says how the rest is cut into reads; the exchange's calls are open, so answers find them.

#include "CGRPCSessionTestSupport.h"

static void drain(grpc_session *session, uint8_t mode) {
    grpc_session_event event;
    while (grpc_session_next_event(session, &event)) {
        size_t cursor = 0;
        grpc_session_field field;
        while (grpc_session_event_next_field(&event, &cursor, &field)) {}
        bool sent;
        if (event.kind != GRPC_SESSION_EVENT_MESSAGE) continue;
        if ((mode & 0x40) != 0) grpc_session_consume(session, event.call, event.length + 5);
        else if ((mode & 0x80) != 0) grpc_session_cancel(session, event.call, &sent);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    if (length == 0) return 0;
    grpc_session *session = exchange_session(NULL);
    if (session == NULL) return 0;
    exchange_start(session);
    grpc_session_ping(session, 7);
    uint8_t mode = bytes[0];
    size_t step = (size_t)(mode & 0x3f) == 0 ? length : (size_t)(mode & 0x3f);
    uint8_t output[1024];
    for (size_t start = 1; start < length;) {
        size_t end = length - start < step ? length : start + step;
        while (start < end) {
            start += grpc_session_receive(session, bytes + start, end - start);
            drain(session, mode);
        }
        while (grpc_session_take_output(session, output, sizeof output) > 0) {}
        drain(session, mode);
    }
    grpc_session_connection_lost(session, "the input ended");
    drain(session, mode);
    if (grpc_session_open_calls(session) != 0) __builtin_trap();
    grpc_session_destroy(session);
    return 0;
}
