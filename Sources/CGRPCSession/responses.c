//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include <stdio.h>
#include <string.h>

#include "session.h"

#define GRPC_CONTENT_TYPE "application/grpc"
#define HPACK_FIELD_OVERHEAD 32

void call_begin_headers(call *call) {
    call->in_trailers = call->got_headers;
    call->header_list_size = 0;
    if (!call->in_trailers) {
        call->http_status = 0;
        call->content_type_grpc = false;
        call->headers.length = 0;
    }
}

static bool is(const uint8_t *name, size_t length, const char *literal) {
    return length == strlen(literal) && memcmp(name, literal, length) == 0;
}

static bool append_field(call *call, field_block *block, const uint8_t *name, size_t name_length, const uint8_t *value, size_t value_length) {
    uint32_t lengths[2] = {(uint32_t)name_length, (uint32_t)value_length};
    size_t needed = block->length + sizeof lengths + name_length + value_length;
    if (needed > block->capacity) {
        size_t capacity = needed < 256 ? 256 : needed * 2;
        uint8_t *moved = session_reallocate(call->session, block->bytes, capacity);
        if (moved == NULL) return false;
        block->bytes = moved;
        block->capacity = capacity;
    }
    uint8_t *end = block->bytes + block->length;
    memcpy(end, lengths, sizeof lengths);
    if (name_length > 0) memcpy(end + sizeof lengths, name, name_length);
    if (value_length > 0) memcpy(end + sizeof lengths + name_length, value, value_length);
    block->length = needed;
    return true;
}

static void take_status(call *call, const uint8_t *value, size_t length) {
    int32_t status = GRPC_UNKNOWN;
    bool valid = status_parse(value, length, &status);
    // Two that disagree are as good as none.
    if (call->status_seen && (!valid || !call->status_valid || status != call->status)) valid = false;
    call->status_seen = true;
    call->status_valid = valid;
    call->status = valid ? status : GRPC_UNKNOWN;
}

static bool take_status_message(call *call, const uint8_t *value, size_t length) {
    if (length == 0 || call->status_message != NULL) return true;
    size_t capacity = length < GRPC_STATUS_MESSAGE_LIMIT ? length : GRPC_STATUS_MESSAGE_LIMIT;
    call->status_message = session_allocate(call->session, capacity);
    if (call->status_message == NULL) return false;
    call->status_message_length = percent_decode(value, length, call->status_message, capacity);
    return true;
}

static void take_http_status(call *call, const uint8_t *value, size_t length) {
    // nghttp2 has checked that these are three digits.
    uint16_t status = 0;
    for (size_t i = 0; i < length && i < 3; i++) status = (uint16_t)(status * 10 + (value[i] - '0'));
    call->http_status = status;
}

static bool is_grpc_content_type(const uint8_t *value, size_t length) {
    size_t prefix = sizeof GRPC_CONTENT_TYPE - 1;
    if (length < prefix || memcmp(value, GRPC_CONTENT_TYPE, prefix) != 0) return false;
    return length == prefix || value[prefix] == '+' || value[prefix] == ';';
}

int call_receive_field(call *call, const uint8_t *name, size_t name_length, const uint8_t *value, size_t value_length) {
    if (call->ended) return 0;
    call->header_list_size += name_length + value_length + HPACK_FIELD_OVERHEAD;
    if (call->header_list_size > call->session->maximum_header_list_size) {
        char text[GRPC_TEXT_LENGTH];
        snprintf(
            text, sizeof text, "the server sent headers of more than %lu bytes", (unsigned long)call->session->maximum_header_list_size);
        call_violate(call, GRPC_RESOURCE_EXHAUSTED, text);
        return 0;
    }
    bool stored = true;
    if (is(name, name_length, ":status")) take_http_status(call, value, value_length);
    else if (is(name, name_length, "grpc-status")) take_status(call, value, value_length);
    else if (is(name, name_length, "grpc-message")) stored = take_status_message(call, value, value_length);
    else if (is(name, name_length, "content-type")) call->content_type_grpc |= !call->in_trailers && is_grpc_content_type(value, value_length);
    else stored = append_field(call, call->in_trailers ? &call->trailers : &call->headers, name, name_length, value, value_length);
    return stored ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static void forget_status(call *call) {
    call->status_seen = false;
    call->status_valid = false;
    session_release(call->session, call->status_message);
    call->status_message = NULL;
    call->status_message_length = 0;
}

static void reject_http_answer(call *call) {
    char text[GRPC_TEXT_LENGTH];
    snprintf(
        text, sizeof text, "the server answered with HTTP status %u and no gRPC content type; check that the endpoint serves gRPC",
        (unsigned)call->http_status);
    forget_status(call);
    int32_t status = call->http_status == 200 ? GRPC_UNKNOWN : status_of_http(call->http_status);
    if (nghttp2_submit_rst_stream(call->session->http2, NGHTTP2_FLAG_NONE, call->stream, NGHTTP2_CANCEL) == NGHTTP2_ERR_NOMEM) {
        call->session->out_of_memory = true;
    }
    call_end(call, status, GRPC_SESSION_END_PEER, text);
}

void call_finish_headers(call *call, bool end_of_stream) {
    if (call->ended) return;
    if (!call->in_trailers) {
        if (call->http_status >= 100 && call->http_status < 200) {
            forget_status(call);
            call->headers.length = 0;
            return;
        }
        call->got_headers = true;
        bool trailers_only = end_of_stream && call->status_seen;
        if (!trailers_only && (call->http_status != 200 || !call->content_type_grpc)) {
            reject_http_answer(call);
            return;
        }
        if (trailers_only) {
            call->trailers = call->headers;
            memset(&call->headers, 0, sizeof call->headers);
        } else {
            // A status belongs to the trailers; one in headers that don't end the stream is not one.
            forget_status(call);
            // The owner of a unary call hears of its message; headers that say nothing are not worth an event.
            if (!call->unary || call->headers.length > 0) event_queue(call->session, &call->headers_node, call, GRPC_SESSION_EVENT_HEADERS);
        }
    }
    if (end_of_stream) call_finish_stream(call);
}

// The peer has ended its half.
void call_finish_stream(call *call) {
    if (call->ended) return;
    // A peer that has answered reads no more requests: free its stream and ours.
    if (!call->send_closed || call->out_head != NULL) {
        if (nghttp2_submit_rst_stream(call->session->http2, NGHTTP2_FLAG_NONE, call->stream, NGHTTP2_NO_ERROR) == NGHTTP2_ERR_NOMEM) {
            call->session->out_of_memory = true;
        }
    }
    bool cut = call->assembling != NULL || call->prefix_length > 0;
    if (!call->status_seen) {
        call_end(call, GRPC_UNKNOWN, GRPC_SESSION_END_PEER, "the server ended the call without a grpc-status");
    } else if (!call->status_valid) {
        forget_status(call);
        call_end(call, GRPC_UNKNOWN, GRPC_SESSION_END_PEER, "the server ended the call with a grpc-status that is not one number from 0 to 16");
    } else if (call->status == GRPC_OK && cut) {
        forget_status(call);
        call_end(call, GRPC_INTERNAL, GRPC_SESSION_END_VIOLATION, "the server ended the call inside a message");
    } else if (call->status == GRPC_OK && call->unary && !call->got_message) {
        forget_status(call);
        call_end(call, GRPC_INTERNAL, GRPC_SESSION_END_VIOLATION, "the server ended the unary call without a message");
    } else {
        call_end(call, call->status, GRPC_SESSION_END_PEER, "");
    }
}
