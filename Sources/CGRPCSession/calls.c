//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include <string.h>

#include "session.h"

static uint32_t slot_index(grpc_session_call id) { return (uint32_t)id - 1; }

call *call_find(const grpc_session *session, grpc_session_call id) {
    uint32_t index = slot_index(id);
    if ((uint32_t)id == 0 || index >= session->slot_count) return NULL;
    const call_slot *slot = &session->slots[index];
    return slot->call != NULL && slot->generation == (uint32_t)(id >> 32) ? slot->call : NULL;
}

call *call_of_stream(grpc_session *session, int32_t stream) {
    return stream <= 0 ? NULL : nghttp2_session_get_stream_user_data(session->http2, stream);
}

void call_drop_outgoing(call *call) {
    outgoing *first = call->out_head;
    call->out_head = first->next;
    if (call->out_head == NULL) call->out_tail = NULL;
    call->session->unsent--;
    session_release(call->session, first);
}

void call_reference(call *call) { call->references++; }

void call_dereference(call *call) {
    if (--call->references > 0) return;
    grpc_session *session = call->session;
    while (call->out_head != NULL) call_drop_outgoing(call);
    message_release(session, call->assembling);
    session_release(session, call->headers.bytes);
    session_release(session, call->trailers.bytes);
    session_release(session, call->status_message);
    session_release(session, call);
}

static bool take_slot(grpc_session *session, call *call) {
    uint32_t index;
    if (session->first_free != 0) {
        index = session->first_free - 1;
        session->first_free = session->slots[index].next_free;
    } else {
        if (session->slot_count == session->slot_capacity) {
            uint32_t capacity = session->slot_capacity == 0 ? 64 : session->slot_capacity * 2;
            call_slot *moved = session_reallocate(session, session->slots, capacity * sizeof *moved);
            if (moved == NULL) return false;
            session->slots = moved;
            session->slot_capacity = capacity;
        }
        index = session->slot_count++;
        session->slots[index].generation = 0;
    }
    session->slots[index].call = call;
    session->slots[index].generation++;
    call->id = (grpc_session_call)session->slots[index].generation << 32 | (index + 1);
    session->open_calls++;
    return true;
}

// The call is no longer one of the open: its stream, if any is left, reports to nobody.
static void close_call(call *call) {
    grpc_session *session = call->session;
    call->ended = true;
    if (call->stream > 0) {
        nghttp2_session_set_stream_user_data(session->http2, call->stream, NULL);
        if (!call->sent) session->abandoned++;
    }
    uint32_t index = slot_index(call->id);
    session->slots[index].call = NULL;
    session->slots[index].next_free = session->first_free;
    session->first_free = index + 1;
    session->open_calls--;
}

static void reset_stream(call *call, uint32_t code) {
    if (call->session->failed || call->stream <= 0) return;
    if (nghttp2_submit_rst_stream(call->session->http2, NGHTTP2_FLAG_NONE, call->stream, code) == NGHTTP2_ERR_NOMEM) {
        call->session->out_of_memory = true;
    }
}

void call_end(call *call, int32_t status, grpc_session_end_origin origin, const char *text) {
    if (call->ended) return;
    call->status = status;
    call->origin = origin;
    copy_text(call->text, text, strlen(text));
    event_queue(call->session, &call->ended_node, call, GRPC_SESSION_EVENT_ENDED);
    close_call(call);
    call_dereference(call);
}

void call_violate(call *call, int32_t status, const char *text) {
    if (call->ended) return;
    reset_stream(call, NGHTTP2_CANCEL);
    session_release(call->session, call->status_message);
    call->status_message = NULL;
    call_end(call, status, GRPC_SESSION_END_VIOLATION, text);
}

void calls_end_all(grpc_session *session, const char *text) {
    for (uint32_t index = 0; index < session->slot_count; index++) {
        call *call = session->slots[index].call;
        if (call != NULL) call_end(call, GRPC_UNAVAILABLE, GRPC_SESSION_END_CONNECTION, text);
    }
}

void calls_end_unsent(grpc_session *session, const char *text) {
    for (uint32_t index = 0; index < session->slot_count; index++) {
        call *call = session->slots[index].call;
        if (call == NULL || call->sent) continue;
        reset_stream(call, NGHTTP2_CANCEL);
        call_end(call, GRPC_UNAVAILABLE, GRPC_SESSION_END_CONNECTION, text);
    }
}

void calls_free_all(grpc_session *session) {
    for (uint32_t index = 0; index < session->slot_count; index++) {
        if (session->slots[index].call != NULL) call_dereference(session->slots[index].call);
    }
    session_release(session, session->slots);
    session->slots = NULL;
    session->slot_count = 0;
}

call *call_create(grpc_session *session, bool unary, uint64_t user) {
    call *fresh = session_allocate(session, sizeof *fresh);
    if (fresh == NULL) return NULL;
    memset(fresh, 0, sizeof *fresh);
    fresh->session = session;
    fresh->unary = unary;
    fresh->user = user;
    fresh->references = 1;
    if (!take_slot(session, fresh)) {
        session_release(session, fresh);
        return NULL;
    }
    return fresh;
}

void call_discard(call *call) {
    close_call(call);
    call->dropped = true;
    call_dereference(call);
}

bool grpc_session_cancel(grpc_session *session, grpc_session_call id, bool *sent) {
    call *call = call_find(session, id);
    if (call == NULL) return false;
    *sent = call->sent;
    reset_stream(call, NGHTTP2_CANCEL);
    call_discard(call);
    session_check_memory(session);
    return true;
}

void grpc_session_abort(grpc_session *session, grpc_session_call id, int32_t status, const char *text) {
    call *call = call_find(session, id);
    if (call == NULL) return;
    call_violate(call, status, text);
    session_check_memory(session);
}

size_t grpc_session_open_calls(const grpc_session *session) { return session->open_calls; }

bool grpc_session_next_call(const grpc_session *session, size_t *cursor, grpc_session_call *id, uint64_t *user) {
    while (*cursor < session->slot_count) {
        const call *call = session->slots[(*cursor)++].call;
        if (call == NULL) continue;
        *id = call->id;
        *user = call->user;
        return true;
    }
    return false;
}
