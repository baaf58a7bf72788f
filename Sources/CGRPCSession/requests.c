//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include <string.h>

#include "session.h"

#define OWN_FIELDS 8
#define STACK_FIELDS 24

// nghttp2 sends no block of headers that may take more than 65536 bytes, and reckons with 12 bytes for each field and 17 for the block.
#define HEADERS_LIMIT 65519
#define FIELD_OVERHEAD 12

// A call that is cancelled while the peer's limit of streams is used up stays in nghttp2's queue until its turn comes, which may be never.
#define ABANDONED_LIMIT 1000

static bool has_prefix(const grpc_session_field *field, const char *prefix) {
    size_t length = strlen(prefix);
    return field->name_length >= length && memcmp(field->name, prefix, length) == 0;
}

static bool is_reserved(const grpc_session_field *field) {
    static const char *const names[] = {
        "te", "content-type", "content-length", "user-agent", "host", "connection", "keep-alive", "proxy-connection", "transfer-encoding",
        "upgrade",
    };
    if (has_prefix(field, ":") || has_prefix(field, "grpc-")) return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (field->name_length == strlen(names[i]) && has_prefix(field, names[i])) return true;
    }
    return false;
}

static bool is_valid(const grpc_session_field *field) {
    return field->name_length > 0 && nghttp2_check_header_name(field->name, field->name_length) != 0
        && nghttp2_check_header_value(field->value, field->value_length) != 0 && !is_reserved(field);
}

// At most eight digits and a unit; a coarser unit rounds up, so that the server never gives up before the caller does. From a second on it's in steps
// of ten milliseconds, so that calls that have as long as each other say so in the same words, which HPACK then has a number for.
static void format_timeout(uint64_t nanoseconds, char text[TIMEOUT_LENGTH]) {
    static const struct { uint64_t scale; char unit; } units[] = {
        {1, 'n'}, {1000, 'u'}, {1000000, 'm'}, {1000000000, 'S'}, {60000000000, 'M'}, {3600000000000, 'H'},
    };
    const uint64_t step = 10000000;
    // What is near the largest number has no need of it.
    if (nanoseconds >= 1000000000 && nanoseconds < UINT64_MAX - step) nanoseconds = (nanoseconds + step - 1) / step * step;
    for (size_t i = nanoseconds < 1000000000 ? 0 : 2; i < sizeof units / sizeof units[0]; i++) {
        uint64_t amount = nanoseconds / units[i].scale + (nanoseconds % units[i].scale != 0);
        if (amount > 99999999) continue;
        char digits[8];
        size_t count = 0, length = 0;
        do digits[count++] = (char)('0' + amount % 10); while ((amount /= 10) > 0);
        while (count > 0) text[length++] = digits[--count];
        text[length++] = units[i].unit;
        text[length] = 0;
        return;
    }
    strcpy(text, "99999999H");
}

static nghttp2_nv pair(const char *name, const char *value, uint8_t flags) {
    return (nghttp2_nv){(uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value), flags};
}

// A value that comes a second time is worth a place in the table; others would only push out what is.
static uint8_t timeout_flags(grpc_session *session, const char *timeout) {
    for (size_t i = 0; i < TIMEOUTS; i++) {
        if (strcmp(session->timeouts[i], timeout) == 0) return NGHTTP2_NV_FLAG_NO_COPY_NAME;
    }
    memcpy(session->timeouts[session->next_timeout], timeout, TIMEOUT_LENGTH);
    session->next_timeout = (session->next_timeout + 1) % TIMEOUTS;
    return NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_INDEX;
}

static size_t own_fields(
    grpc_session *session, const char *path, size_t path_length, const char *timeout, nghttp2_nv fields[OWN_FIELDS]) {
    // These strings are literals or live as long as the session.
    const uint8_t lasting = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
    size_t count = 0;
    fields[count++] = pair(":method", "POST", lasting);
    fields[count++] = pair(":scheme", session->scheme, lasting);
    fields[count++] = (nghttp2_nv){(uint8_t *)":path", (uint8_t *)path, 5, path_length, NGHTTP2_NV_FLAG_NO_COPY_NAME};
    fields[count++] = pair(":authority", session->authority, lasting);
    fields[count++] = pair("te", "trailers", lasting);
    fields[count++] = pair("content-type", "application/grpc", lasting);
    if (session->user_agent != NULL) fields[count++] = pair("user-agent", session->user_agent, lasting);
    if (timeout[0] != 0) fields[count++] = pair("grpc-timeout", timeout, timeout_flags(session, timeout));
    return count;
}

static ssize_t read_request(
    nghttp2_session *http2, int32_t stream, uint8_t *buffer, size_t capacity, uint32_t *flags, nghttp2_data_source *source, void *user) {
    (void)http2;
    (void)source;
    grpc_session *session = user;
    call *call = call_of_stream(session, stream);
    if (call == NULL) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    size_t written = 0;
    while (call->out_head != NULL && written < capacity) {
        outgoing *next = call->out_head;
        size_t part = next->length - next->taken;
        if (part > capacity - written) part = capacity - written;
        memcpy(buffer + written, next->bytes + next->taken, part);
        next->taken += part;
        written += part;
        if (next->taken < next->length) break;
        call->drained += next->length - GRPC_PREFIX_LENGTH;
        call_drop_outgoing(call);
    }
    if (call->out_head == NULL) {
        if (call->send_closed) *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (!call->unary && written > 0) event_queue(session, &call->drained_node, call, GRPC_SESSION_EVENT_DRAINED);
        if (written == 0 && !call->send_closed) {
            call->deferred = true;
            return NGHTTP2_ERR_DEFERRED;
        }
    }
    return (ssize_t)written;
}

static bool is_too_long(const nghttp2_nv *fields, size_t count) {
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        // Each is looked at by itself, so that no sum overflows.
        if (fields[i].namelen > HEADERS_LIMIT || fields[i].valuelen > HEADERS_LIMIT) return true;
        length += fields[i].namelen + fields[i].valuelen + FIELD_OVERHEAD;
        if (length > HEADERS_LIMIT) return true;
    }
    return false;
}

// The number of the stream, or an error of nghttp2: NGHTTP2_ERR_FRAME_SIZE_ERROR for headers that it would refuse to send.
static int32_t submit(
    grpc_session *session, call *call, const char *path, size_t path_length, const grpc_session_field *fields, size_t field_count,
    const char *timeout) {
    nghttp2_nv on_stack[STACK_FIELDS];
    nghttp2_nv *all = on_stack;
    if (field_count > STACK_FIELDS - OWN_FIELDS) {
        all = session_allocate(session, (field_count + OWN_FIELDS) * sizeof *all);
        if (all == NULL) return NGHTTP2_ERR_NOMEM;
    }
    size_t count = own_fields(session, path, path_length, timeout, all);
    for (size_t i = 0; i < field_count; i++) {
        all[count++] = (nghttp2_nv){
            (uint8_t *)fields[i].name, (uint8_t *)fields[i].value, fields[i].name_length, fields[i].value_length,
            fields[i].sensitive ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE};
    }
    nghttp2_data_provider provider = {.source = {.ptr = NULL}, .read_callback = read_request};
    int32_t stream =
        is_too_long(all, count) ? NGHTTP2_ERR_FRAME_SIZE_ERROR : nghttp2_submit_request(session->http2, NULL, all, count, &provider, call);
    if (all != on_stack) session_release(session, all);
    return stream;
}

grpc_session_result grpc_session_start(
    grpc_session *session, const char *path, size_t path_length, const grpc_session_field *fields, size_t field_count,
    uint64_t timeout_nanoseconds, bool unary, uint64_t user, grpc_session_call *id) {
    *id = 0;
    if (session->failed) return GRPC_SESSION_FAILED;
    if (session->going_away || session->abandoned >= ABANDONED_LIMIT) return GRPC_SESSION_GOING_AWAY;
    if (path_length == 0 || path[0] != '/' || nghttp2_check_path((const uint8_t *)path, path_length) == 0) return GRPC_SESSION_INVALID;
    for (size_t i = 0; i < field_count; i++) {
        if (!is_valid(&fields[i])) return GRPC_SESSION_INVALID;
    }
    char timeout[TIMEOUT_LENGTH] = "";
    if (timeout_nanoseconds > 0) format_timeout(timeout_nanoseconds, timeout);
    call *call = call_create(session, unary, user);
    if (call == NULL) {
        session_check_memory(session);
        return GRPC_SESSION_FAILED;
    }
    int32_t stream = submit(session, call, path, path_length, fields, field_count, timeout);
    if (stream > 0) {
        call->stream = stream;
        *id = call->id;
        return GRPC_SESSION_OK;
    }
    call_discard(call);
    if (stream == NGHTTP2_ERR_FRAME_SIZE_ERROR) return GRPC_SESSION_INVALID;
    if (stream == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE) return GRPC_SESSION_GOING_AWAY;
    session->out_of_memory = true;
    session_check_memory(session);
    return GRPC_SESSION_FAILED;
}

static grpc_session_result resume(call *call) {
    grpc_session *session = call->session;
    if (call->deferred) {
        call->deferred = false;
        if (nghttp2_session_resume_data(session->http2, call->stream) == NGHTTP2_ERR_NOMEM) session->out_of_memory = true;
    }
    session_check_memory(session);
    return session->failed ? GRPC_SESSION_FAILED : GRPC_SESSION_OK;
}

grpc_session_result grpc_session_send(grpc_session *session, grpc_session_call id, const uint8_t *bytes, size_t length, bool last) {
    call *call = call_find(session, id);
    if (session->failed) return GRPC_SESSION_FAILED;
    if (call == NULL || call->send_closed) return GRPC_SESSION_CLOSED;
    if (length > UINT32_MAX) return GRPC_SESSION_INVALID;
    outgoing *framed = session_allocate(session, sizeof *framed + GRPC_PREFIX_LENGTH + length);
    if (framed == NULL) {
        session_check_memory(session);
        return GRPC_SESSION_FAILED;
    }
    framed->next = NULL;
    framed->length = GRPC_PREFIX_LENGTH + length;
    framed->taken = 0;
    framed->bytes[0] = 0;
    for (int i = 0; i < 4; i++) framed->bytes[1 + i] = (uint8_t)(length >> (24 - 8 * i));
    if (length > 0) memcpy(framed->bytes + GRPC_PREFIX_LENGTH, bytes, length);
    if (call->out_tail != NULL) call->out_tail->next = framed;
    else call->out_head = framed;
    call->out_tail = framed;
    session->unsent++;
    call->send_closed = last;
    return resume(call);
}

grpc_session_result grpc_session_finish_sending(grpc_session *session, grpc_session_call id) {
    call *call = call_find(session, id);
    if (session->failed) return GRPC_SESSION_FAILED;
    if (call == NULL || call->send_closed) return GRPC_SESSION_CLOSED;
    call->send_closed = true;
    return resume(call);
}
