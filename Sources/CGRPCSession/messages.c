//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include <stdio.h>
#include <string.h>

#include "session.h"

#define FIRST_CAPACITY (64u * 1024u)

// A backlog below this share of the window is no reason to slow the peer down.
static size_t slack(const call *call) { return call->session->stream_window / 8; }

// Window goes back as messages are consumed. The exception is a message longer than the window: with no backlog before it, its bytes are
// returned as they come, or it could never be complete. So memory is bounded by the backlog's slack, one message and one window.
void call_return_window(call *call) {
    size_t partial = call->assembling != NULL ? call->assembling->received + GRPC_PREFIX_LENGTH : call->prefix_length;
    size_t hold = call->delivered <= slack(call) ? 0 : call->delivered + partial;
    if (call->ended || call->owed <= hold) return;
    size_t back = call->owed - hold;
    call->owed = hold;
    if (nghttp2_session_consume_stream(call->session->http2, call->stream, back) == NGHTTP2_ERR_NOMEM) {
        call->session->out_of_memory = true;
    }
}

void grpc_session_receive_parts(grpc_session *session, grpc_session_call id, uint32_t part) {
    call *call = call_find(session, id);
    if (call != NULL) call->part = part;
}

void grpc_session_consume(grpc_session *session, grpc_session_call id, size_t bytes) {
    call *call = call_find(session, id);
    if (call == NULL || session->failed) return;
    call->delivered -= bytes < call->delivered ? bytes : call->delivered;
    call_return_window(call);
}

static message *take_spare(grpc_session *session, uint32_t length) {
    message *spare = session->spare;
    if (spare == NULL || spare->capacity < length) return NULL;
    session->spare = NULL;
    *spare = (message){.capacity = spare->capacity};
    return spare;
}

// What there is of a message from here on, or its next part.
static bool begin_part(call *call, uint32_t left) {
    bool by_parts = call->part > 0 && left > call->part;
    uint32_t length = by_parts ? call->part : left;
    // Not the announced length: memory follows what really arrives.
    uint32_t capacity = length < FIRST_CAPACITY ? length : FIRST_CAPACITY;
    message *fresh = pool_take(call->session->pool, length);
    if (fresh == NULL && by_parts) fresh = take_spare(call->session, length);
    if (fresh == NULL) {
        fresh = session_allocate(call->session, sizeof(message) + capacity);
        if (fresh == NULL) return false;
        *fresh = (message){.capacity = capacity};
    }
    fresh->length = length;
    fresh->following = left - length;
    call->assembling = fresh;
    return true;
}

static bool begin_message(call *call) {
    const uint8_t *prefix = call->prefix;
    uint32_t length = (uint32_t)prefix[1] << 24 | (uint32_t)prefix[2] << 16 | (uint32_t)prefix[3] << 8 | prefix[4];
    char text[GRPC_TEXT_LENGTH];
    if (prefix[0] != 0) {
        snprintf(text, sizeof text, "the server sent a message with compression flag %u; compression was not offered", prefix[0]);
        call_violate(call, GRPC_INTERNAL, text);
        return false;
    }
    if (length > call->session->maximum_message_size) {
        snprintf(
            text, sizeof text, "the server sent a message of %lu bytes; the limit is %lu", (unsigned long)length,
            (unsigned long)call->session->maximum_message_size);
        call_violate(call, GRPC_RESOURCE_EXHAUSTED, text);
        return false;
    }
    if (call->unary && call->got_message) {
        call_violate(call, GRPC_INTERNAL, "the server sent more than one message for a unary call");
        return false;
    }
    call->prefix_length = 0;
    return begin_part(call, length);
}

static bool grow(call *call, size_t wanted) {
    message *partial = call->assembling;
    if (partial->capacity >= wanted) return true;
    uint64_t capacity = (uint64_t)partial->capacity * 2;
    if (capacity < wanted) capacity = wanted;
    if (capacity > partial->length) capacity = partial->length;
    message *moved = session_reallocate(call->session, partial, sizeof(message) + (size_t)capacity);
    if (moved == NULL) return false;
    moved->capacity = (uint32_t)capacity;
    call->assembling = moved;
    return true;
}

void message_release(grpc_session *session, message *message) {
    if (message != NULL && message->pool != NULL) pool_put_back(message->pool, message);
    else session_release(session, message);
}

void part_release(grpc_session *session, message *part) {
    if (!REUSES_MEMORY || part->pool != NULL || session->spare != NULL) message_release(session, part);
    else session->spare = part;
}

// Delivers what is assembled; false when the next part of it can't begin.
static bool finish_part(call *call) {
    message *part = call->assembling;
    call->assembling = NULL;
    call->delivered += part->length;
    if (part->following > 0) {
        event_queue(call->session, &part->node, call, GRPC_SESSION_EVENT_PART);
        return begin_part(call, part->following);
    }
    call->got_message = true;
    call->delivered += GRPC_PREFIX_LENGTH;
    event_queue(call->session, &part->node, call, GRPC_SESSION_EVENT_MESSAGE);
    return true;
}

void call_receive_data(call *call, const uint8_t *bytes, size_t length) {
    call->owed += length;
    while (!call->ended && !call->session->out_of_memory) {
        if (call->assembling == NULL) {
            while (call->prefix_length < GRPC_PREFIX_LENGTH && length > 0) {
                call->prefix[call->prefix_length++] = *bytes++;
                length--;
            }
            if (call->prefix_length < GRPC_PREFIX_LENGTH || !begin_message(call)) break;
        }
        message *partial = call->assembling;
        size_t missing = partial->length - partial->received;
        size_t part = length < missing ? length : missing;
        if (part > 0) {
            if (!grow(call, (size_t)partial->received + part)) break;
            partial = call->assembling;
            memcpy(partial->bytes + partial->received, bytes, part);
            partial->received += (uint32_t)part;
            bytes += part;
            length -= part;
        }
        if (partial->received < partial->length || !finish_part(call)) break;
    }
    call_return_window(call);
}
