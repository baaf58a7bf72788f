//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// Bytes from the server. The first byte says what the client does meanwhile, the second how the rest is cut into reads, and messages into parts; the
// exchange's calls are open, so answers find them.

#include <stdlib.h>

#include "CGRPCSessionTestSupport.h"

enum { CONSUME = 1, CANCEL = 2, TAKE = 4, START = 8, SEND = 16, PING = 32, LEAVE = 64, ABORT = 128 };

static void start_another(grpc_session *session) {
    static const grpc_session_field field = {(const uint8_t *)"name", 4, (const uint8_t *)"value", 5, false};
    grpc_session_call call;
    if (grpc_session_open_calls(session) > 64) return;
    if (grpc_session_start(session, "/test.Exchange/Late", 19, &field, 1, 0, false, 99, &call) != GRPC_SESSION_OK) return;
    grpc_session_send(session, call, (const uint8_t *)"late", 4, false);
}

static void take_message(grpc_session *session, const grpc_session_event *event) {
    void *memory = grpc_session_take_message(session);
    if (memory == NULL) __builtin_trap();
    // What was announced is there, to the last byte.
    volatile uint8_t seen = 0;
    for (size_t i = 0; i < event->length; i++) seen ^= event->bytes[i];
    grpc_session_free_message(memory);
}

static void handle(grpc_session *session, const grpc_session_event *event, uint8_t mode) {
    bool sent;
    size_t cursor = 0;
    grpc_session_field field;
    while (grpc_session_event_next_field(event, &cursor, &field)) {}
    if (cursor != event->fields_length) __builtin_trap();
    switch (event->kind) {
    case GRPC_SESSION_EVENT_MESSAGE:
        if (mode & TAKE) take_message(session, event);
        if (mode & CONSUME) grpc_session_consume(session, event->call, event->length + 5);
        if (mode & CANCEL) grpc_session_cancel(session, event->call, &sent);
        break;
    case GRPC_SESSION_EVENT_PART:
        if (event->length == 0 || event->value == 0) __builtin_trap();
        if (mode & CONSUME) grpc_session_consume(session, event->call, event->length);
        if (mode & CANCEL) grpc_session_cancel(session, event->call, &sent);
        break;
    case GRPC_SESSION_EVENT_HEADERS:
        if (mode & ABORT) grpc_session_abort(session, event->call, 13, "refused");
        break;
    case GRPC_SESSION_EVENT_DRAINED:
        if (mode & SEND) grpc_session_send(session, event->call, (const uint8_t *)"more", 4, event->value > 8);
        break;
    case GRPC_SESSION_EVENT_ENDED:
        if (event->status < 0 || event->status > 16) __builtin_trap();
        if (mode & START) start_another(session);
        break;
    case GRPC_SESSION_EVENT_PING_ACK:
        if (mode & PING) grpc_session_ping(session, event->value + 1);
        break;
    default: break;
    }
}

static void receive_parts(grpc_session *session, uint32_t part) {
    size_t cursor = 0;
    grpc_session_call call;
    uint64_t user;
    while (grpc_session_next_call(session, &cursor, &call, &user)) {
        if (user % 2 == 0) grpc_session_receive_parts(session, call, part);
    }
}

static void drain(grpc_session *session, uint8_t mode) {
    grpc_session_event event;
    while (grpc_session_next_event(session, &event)) handle(session, &event, mode);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    if (length < 2) return 0;
    grpc_session *session = exchange_session(NULL);
    if (session == NULL) return 0;
    exchange_start(session);
    grpc_session_ping(session, 7);
    uint8_t mode = bytes[0];
    size_t step = bytes[1] == 0 ? length : bytes[1];
    receive_parts(session, bytes[1] % 16);
    uint8_t output[1024];
    for (size_t start = 2; start < length;) {
        size_t end = length - start < step ? length : start + step;
        while (start < end) {
            start += grpc_session_receive(session, bytes + start, end - start);
            drain(session, mode);
        }
        if (mode & START) start_another(session);
        if (mode & PING) grpc_session_answer_ping(session);
        while (grpc_session_take_output(session, output, sizeof output) > 0) {}
        drain(session, mode);
    }
    if (mode & LEAVE) grpc_session_leave(session);
    grpc_session_connection_lost(session, "the input ended");
    drain(session, mode);
    if (grpc_session_open_calls(session) != 0) __builtin_trap();
    grpc_session_destroy(session);
    return 0;
}
