//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CGRPCSessionTestSupport.h"

#define OK_HEADERS ":status: 200\ncontent-type: application/grpc\n"
#define CALLS 8

grpc_session *exchange_session(const grpc_session_allocator *allocator) {
    grpc_session_configuration configuration = {
        .scheme = "http", .authority = "server.test:2379", .user_agent = "exchange", .stream_window = 65535, .connection_window = 1 << 20,
        .maximum_header_list_size = 16384, .maximum_message_size = 1 << 20, .maximum_idle_frames = 10000, .holds_pings = true,
        .allocator = allocator,
    };
    return grpc_session_create(&configuration);
}

static void drop_output(grpc_session *session) {
    uint8_t buffer[4096];
    while (grpc_session_take_output(session, buffer, sizeof buffer) > 0) {}
}

// Call n has stream 2n - 1. The first five are unary, and the first is told of its message by parts.
static void start_calls(grpc_session *session) {
    grpc_session_field token = {(const uint8_t *)"token", 5, (const uint8_t *)"secret", 6, true};
    for (uint64_t number = 1; number <= CALLS; number++) {
        grpc_session_call call;
        bool unary = number <= 5;
        if (grpc_session_start(session, "/test.Exchange/Call", 19, &token, 1, 5000000000, unary, number, &call) != GRPC_SESSION_OK) return;
        if (number == 1) grpc_session_receive_parts(session, call, 64);
        grpc_session_send(session, call, (const uint8_t *)"request", 7, unary);
    }
}

void exchange_start(grpc_session *session) {
    start_calls(session);
    drop_output(session);
}

static void pump(grpc_session *session, scripted_server *server, uint8_t **record, size_t *length) {
    uint8_t buffer[16384];
    size_t count;
    bool moved = true;
    while (moved) {
        moved = false;
        while ((count = grpc_session_take_output(session, buffer, sizeof buffer)) > 0) {
            moved = true;
            scripted_server_receive(server, buffer, count);
        }
        while ((count = scripted_server_take_output(server, buffer, sizeof buffer)) > 0) {
            moved = true;
            uint8_t *grown = realloc(*record, *length + count);
            if (grown == NULL) abort();
            memcpy(grown + *length, buffer, count);
            *record = grown;
            *length += count;
            grpc_session_receive(session, buffer, count);
            grpc_session_event event;
            while (grpc_session_next_event(session, &event)) {
                if (event.kind == GRPC_SESSION_EVENT_MESSAGE) grpc_session_consume(session, event.call, event.length + 5);
            }
        }
    }
}

static void send_message(scripted_server *server, int32_t stream, size_t length, uint8_t fill) {
    uint8_t *framed = malloc(length + 5);
    if (framed == NULL) abort();
    framed[0] = 0;
    for (int i = 0; i < 4; i++) framed[1 + i] = (uint8_t)(length >> (24 - 8 * i));
    memset(framed + 5, fill, length);
    scripted_server_data(server, stream, framed, length + 5, false);
    free(framed);
}

uint8_t *exchange_record(size_t *length) {
    grpc_session *session = exchange_session(NULL);
    scripted_server *server = scripted_server_create(100);
    if (session == NULL || server == NULL) return NULL;
    uint8_t *record = NULL;
    *length = 0;
    start_calls(session);
    pump(session, server, &record, length);

    scripted_server_headers(server, 1, OK_HEADERS "x-first: one\n", false);
    send_message(server, 1, 300, 'a');
    scripted_server_trailers(server, 1, "grpc-status: 0\ngrpc-message: \nx-last: two\n");
    scripted_server_headers(server, 3, OK_HEADERS "grpc-status: 5\ngrpc-message: no such%20lease %25 \xc3\xa9\n", true);
    scripted_server_ping(server);
    pump(session, server, &record, length);

    scripted_server_headers(server, 5, ":status: 103\nlink: early\n", false);
    scripted_server_headers(server, 5, OK_HEADERS, false);
    send_message(server, 5, 0, 0);
    scripted_server_trailers(server, 5, "grpc-status: 0\n");
    scripted_server_reset(server, 7, 7);
    scripted_server_headers(server, 9, ":status: 404\ncontent-type: text/plain\n", false);
    scripted_server_data(server, 9, (const uint8_t *)"not here", 8, true);
    pump(session, server, &record, length);

    scripted_server_headers(server, 11, OK_HEADERS, false);
    for (size_t i = 0; i < 12; i++) send_message(server, 11, i, (uint8_t)('b' + i));
    pump(session, server, &record, length);
    scripted_server_initial_window(server, 100000);
    send_message(server, 11, 2000, 'z');
    scripted_server_headers(server, 13, OK_HEADERS, false);
    send_message(server, 13, 20, 'm');
    pump(session, server, &record, length);
    scripted_server_goaway(server, 0x7fffffff, 0, "graceful_stop");
    pump(session, server, &record, length);
    scripted_server_trailers(server, 11, "grpc-status: 14\ngrpc-message: bye\n");
    scripted_server_reset(server, 13, 8);
    pump(session, server, &record, length);
    scripted_server_goaway(server, 13, 11, "too_many_pings");
    pump(session, server, &record, length);

    scripted_server_destroy(server);
    grpc_session_destroy(session);
    return record;
}

static void append(char *transcript, size_t capacity, const char *format, ...) {
    size_t used = strlen(transcript);
    if (used + 1 >= capacity) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(transcript + used, capacity - used, format, arguments);
    va_end(arguments);
}

static void describe_fields(const grpc_session_event *event, char *transcript, size_t capacity) {
    size_t cursor = 0;
    grpc_session_field field;
    while (grpc_session_event_next_field(event, &cursor, &field)) {
        append(
            transcript, capacity, " [%.*s=%.*s]", (int)field.name_length, (const char *)field.name, (int)field.value_length,
            (const char *)field.value);
    }
}

static unsigned long sum(const grpc_session_event *event) {
    unsigned long sum = 0;
    for (size_t i = 0; i < event->length; i++) sum = sum * 31 + event->bytes[i];
    return sum & 0xffffffff;
}

static void describe(grpc_session *session, const grpc_session_event *event, char *transcript, size_t capacity) {
    unsigned long call = (unsigned long)event->user;
    switch (event->kind) {
    case GRPC_SESSION_EVENT_READY: append(transcript, capacity, "ready"); break;
    case GRPC_SESSION_EVENT_HEADERS:
        append(transcript, capacity, "%lu headers", call);
        describe_fields(event, transcript, capacity);
        break;
    case GRPC_SESSION_EVENT_PART:
        append(transcript, capacity, "%lu part %lu %lx before %lu", call, (unsigned long)event->length, sum(event), (unsigned long)event->value);
        grpc_session_consume(session, event->call, event->length);
        break;
    case GRPC_SESSION_EVENT_MESSAGE:
        append(transcript, capacity, "%lu message %lu %lx", call, (unsigned long)event->length, sum(event));
        grpc_session_consume(session, event->call, event->length + 5);
        break;
    case GRPC_SESSION_EVENT_DRAINED: append(transcript, capacity, "%lu drained %lu", call, (unsigned long)event->value); break;
    case GRPC_SESSION_EVENT_ENDED:
        append(
            transcript, capacity, "%lu ended %d%s%s http=%u reset=%u \"%.*s\"", call, (int)event->status, event->sent ? " sent" : "",
            event->refused ? " refused" : "", (unsigned)event->http_status, (unsigned)event->http2_error, (int)event->length,
            (const char *)event->bytes);
        describe_fields(event, transcript, capacity);
        break;
    case GRPC_SESSION_EVENT_PING_ACK: append(transcript, capacity, "pong %lu", (unsigned long)event->value); break;
    case GRPC_SESSION_EVENT_GOAWAY:
        append(
            transcript, capacity, "goaway %lu code=%u \"%.*s\"", (unsigned long)event->value, (unsigned)event->http2_error,
            (int)event->length, (const char *)event->bytes);
        break;
    default: append(transcript, capacity, "failed \"%.*s\"", (int)event->length, (const char *)event->bytes);
    }
    append(transcript, capacity, "\n");
}

void exchange_describe_events(grpc_session *session, char *transcript, size_t capacity) {
    grpc_session_event event;
    while (grpc_session_next_event(session, &event)) describe(session, &event, transcript, capacity);
}

static void feed(grpc_session *session, const uint8_t *bytes, size_t length, char *transcript, size_t capacity) {
    // A copy of its own, so that a sanitizer sees every byte read beyond the piece.
    uint8_t *piece = malloc(length > 0 ? length : 1);
    if (piece == NULL) abort();
    if (length > 0) memcpy(piece, bytes, length);
    size_t taken = 0;
    while (taken < length) {
        taken += grpc_session_receive(session, piece + taken, length - taken);
        exchange_describe_events(session, transcript, capacity);
    }
    free(piece);
    drop_output(session);
    grpc_session_answer_ping(session);
    drop_output(session);
    exchange_describe_events(session, transcript, capacity);
}

static void replay(
    const grpc_session_allocator *allocator, const uint8_t *bytes, size_t length, const size_t *cuts, size_t cut_count, bool single,
    char *transcript, size_t capacity) {
    transcript[0] = 0;
    grpc_session *session = exchange_session(allocator);
    if (session == NULL) return;
    exchange_start(session);
    exchange_describe_events(session, transcript, capacity);
    size_t start = 0;
    for (size_t i = 0; i < cut_count; i++) {
        feed(session, bytes + start, cuts[i] - start, transcript, capacity);
        start = cuts[i];
    }
    if (single) {
        for (; start < length; start++) feed(session, bytes + start, 1, transcript, capacity);
    } else {
        feed(session, bytes + start, length - start, transcript, capacity);
    }
    grpc_session_connection_lost(session, "the connection was closed");
    exchange_describe_events(session, transcript, capacity);
    grpc_session_destroy(session);
}

void exchange_replay(const uint8_t *bytes, size_t length, const size_t *cuts, size_t cut_count, bool single, char *transcript, size_t capacity) {
    replay(NULL, bytes, length, cuts, cut_count, single, transcript, capacity);
}

typedef struct counting {
    long asked;
    long failing;
    long held;
} counting;

static void *counting_allocate(size_t size, void *context) {
    counting *counts = context;
    if (++counts->asked >= counts->failing) return NULL;
    counts->held++;
    return malloc(size);
}

static void *counting_reallocate(void *pointer, size_t size, void *context) {
    counting *counts = context;
    if (++counts->asked >= counts->failing) return NULL;
    if (pointer == NULL) counts->held++;
    return realloc(pointer, size);
}

static void counting_release(void *pointer, void *context) {
    if (pointer != NULL) ((counting *)context)->held--;
    free(pointer);
}

long exchange_replay_failing(const uint8_t *bytes, size_t length, long failing, bool *reached) {
    counting counts = {0, failing, 0};
    grpc_session_allocator allocator = {counting_allocate, counting_reallocate, counting_release, &counts};
    char transcript[8192];
    replay(&allocator, bytes, length, NULL, 0, false, transcript, sizeof transcript);
    *reached = counts.asked >= failing;
    return counts.held;
}
