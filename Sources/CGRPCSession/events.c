//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include <stdlib.h>
#include <string.h>

#include "session.h"

void event_queue(grpc_session *session, event_node *node, call *call, grpc_session_event_kind kind) {
    if (node->queued) return;
    node->queued = true;
    node->next = NULL;
    node->call = call;
    node->kind = kind;
    if (call != NULL) call_reference(call);
    if (session->queue_tail != NULL) session->queue_tail->next = node;
    else session->queue_head = node;
    session->queue_tail = node;
    session->queue_length++;
}

static event_node *pop(grpc_session *session) {
    event_node *node = session->queue_head;
    if (node == NULL) return NULL;
    session->queue_head = node->next;
    if (session->queue_head == NULL) session->queue_tail = NULL;
    session->queue_length--;
    node->queued = false;
    return node;
}

static void finish(grpc_session *session, event_node *node) {
    if (node == NULL) return;
    call *call = node->call;
    // These three begin with their node; the others' nodes live in their call or session.
    if (node->kind == GRPC_SESSION_EVENT_MESSAGE) message_release(session, (message *)node);
    else if (node->kind == GRPC_SESSION_EVENT_PART) part_release(session, (message *)node);
    else if (node->kind == GRPC_SESSION_EVENT_GOAWAY) session_release(session, node);
    if (call != NULL) call_dereference(call);
}

void event_drop_all(grpc_session *session) {
    finish(session, session->current);
    session->current = NULL;
    event_node *node;
    while ((node = pop(session)) != NULL) finish(session, node);
}

static void set_bytes(grpc_session_event *event, const void *bytes, size_t length) {
    event->bytes = bytes;
    event->length = length;
}

static void set_fields(grpc_session_event *event, const field_block *block) {
    event->fields = block->bytes;
    event->fields_length = block->length;
}

static void describe_call_event(event_node *node, grpc_session_event *event) {
    call *call = node->call;
    event->call = call->id;
    event->user = call->user;
    switch (node->kind) {
    case GRPC_SESSION_EVENT_HEADERS: set_fields(event, &call->headers); break;
    case GRPC_SESSION_EVENT_MESSAGE:
    case GRPC_SESSION_EVENT_PART: {
        const message *message = (const struct message *)node;
        set_bytes(event, message->bytes, message->length);
        event->value = message->following;
        break;
    }
    case GRPC_SESSION_EVENT_DRAINED:
        event->value = call->drained;
        call->drained = 0;
        break;
    default:
        event->status = call->status;
        event->origin = call->origin;
        event->sent = call->sent;
        event->refused = call->refused;
        event->reset = call->reset;
        event->http2_error = call->http2_error;
        event->http_status = call->http_status;
        set_fields(event, &call->trailers);
        if (call->status_message != NULL) set_bytes(event, call->status_message, call->status_message_length);
        else set_bytes(event, call->text, strlen(call->text));
    }
}

bool grpc_session_next_event(grpc_session *session, grpc_session_event *event) {
    finish(session, session->current);
    session->current = NULL;
    memset(event, 0, sizeof *event);
    event_node *node;
    while ((node = pop(session)) != NULL && node->call != NULL && node->call->dropped) finish(session, node);
    if (node == NULL) return false;
    session->current = node;
    event->kind = node->kind;
    if (node->call != NULL) {
        describe_call_event(node, event);
        return true;
    }
    switch (node->kind) {
    case GRPC_SESSION_EVENT_PING_ACK: event->value = session->ping_value; break;
    case GRPC_SESSION_EVENT_GOAWAY: {
        const goaway *notice = (const goaway *)node;
        event->http2_error = notice->error_code;
        event->value = notice->last_stream;
        set_bytes(event, notice->text, strlen(notice->text));
        break;
    }
    case GRPC_SESSION_EVENT_FAILED: set_bytes(event, session->failure, strlen(session->failure)); break;
    default: break;
    }
    return true;
}

void *grpc_session_take_message(grpc_session *session) {
    event_node *node = session->current;
    if (node == NULL || node->kind != GRPC_SESSION_EVENT_MESSAGE || !session_frees_by_default(session)) return NULL;
    session->current = NULL;
    call_dereference(node->call);
    message_pool *pool = ((message *)node)->pool;
    if (pool != NULL) pool_give_away(pool);
    return node;
}

void grpc_session_free_message(void *memory) {
    message *message = memory;
    if (message != NULL && message->pool != NULL) pool_return(message->pool, message);
    else free(message);
}

bool grpc_session_event_next_field(const grpc_session_event *event, size_t *cursor, grpc_session_field *field) {
    uint32_t lengths[2];
    if (event->fields_length - *cursor < sizeof lengths) return false;
    memcpy(lengths, event->fields + *cursor, sizeof lengths);
    field->name = event->fields + *cursor + sizeof lengths;
    field->name_length = lengths[0];
    field->value = field->name + lengths[0];
    field->value_length = lengths[1];
    field->sensitive = false;
    *cursor += sizeof lengths + lengths[0] + lengths[1];
    return true;
}
