//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include <stdlib.h>
#include <string.h>

#include "session.h"

// Input is fed in slices, so that the queue of events stays short whatever the peer sends.
#define SLICE_LENGTH 16384
#define QUEUE_LIMIT 1024

static void *default_allocate(size_t size, void *context) {
    (void)context;
    return malloc(size);
}

static void *default_reallocate(void *pointer, size_t size, void *context) {
    (void)context;
    return realloc(pointer, size);
}

static void default_release(void *pointer, void *context) {
    (void)context;
    free(pointer);
}

static const grpc_session_allocator default_allocator = {default_allocate, default_reallocate, default_release, NULL};

bool session_frees_by_default(const grpc_session *session) { return session->allocator.release == default_release; }

static void *http2_allocate(size_t size, void *user) {
    grpc_session *session = user;
    return session->allocator.allocate(size, session->allocator.context);
}

static void *http2_allocate_zeroed(size_t count, size_t size, void *user) {
    if (size != 0 && count > SIZE_MAX / size) return NULL;
    void *pointer = http2_allocate(count * size, user);
    if (pointer != NULL) memset(pointer, 0, count * size);
    return pointer;
}

static void *http2_reallocate(void *pointer, size_t size, void *user) {
    grpc_session *session = user;
    return session->allocator.reallocate(pointer, size, session->allocator.context);
}

static void http2_release(void *pointer, void *user) { session_release(user, pointer); }

static bool copy_configuration(grpc_session *session, const grpc_session_configuration *configuration) {
    session->stream_window = configuration->stream_window;
    session->maximum_header_list_size = configuration->maximum_header_list_size;
    session->maximum_message_size = configuration->maximum_message_size;
    session->maximum_idle_frames = configuration->maximum_idle_frames;
    session->idle_frames_period = configuration->idle_frames_period;
    session->may_hold_pings = configuration->holds_pings;
    session->scheme = session_copy_string(session, configuration->scheme);
    session->authority = session_copy_string(session, configuration->authority);
    if (session->scheme == NULL || session->authority == NULL) return false;
    if (configuration->user_agent == NULL) return true;
    session->user_agent = session_copy_string(session, configuration->user_agent);
    return session->user_agent != NULL;
}

static bool submit_settings(grpc_session *session, const grpc_session_configuration *configuration) {
    nghttp2_settings_entry entries[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, configuration->stream_window},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, configuration->maximum_header_list_size},
    };
    if (configuration->first_stream != 0 && nghttp2_session_set_next_stream_id(session->http2, (int32_t)configuration->first_stream) != 0) {
        return false;
    }
    return nghttp2_submit_settings(session->http2, NGHTTP2_FLAG_NONE, entries, sizeof entries / sizeof entries[0]) == 0
        && nghttp2_session_set_local_window_size(session->http2, NGHTTP2_FLAG_NONE, 0, (int32_t)configuration->connection_window) == 0;
}

grpc_session *grpc_session_create(const grpc_session_configuration *configuration) {
    grpc_session_allocator allocator = configuration->allocator != NULL ? *configuration->allocator : default_allocator;
    grpc_session *session = allocator.allocate(sizeof *session, allocator.context);
    if (session == NULL) return NULL;
    memset(session, 0, sizeof *session);
    session->allocator = allocator;
    if (session_frees_by_default(session)) session->pool = pool_create();
    session->memory =
        (nghttp2_mem){session, http2_allocate, http2_release, http2_allocate_zeroed, http2_reallocate};
    if (copy_configuration(session, configuration) && session_open_http2(session) && submit_settings(session, configuration)) return session;
    grpc_session_destroy(session);
    return NULL;
}

void grpc_session_destroy(grpc_session *session) {
    if (session == NULL) return;
    event_drop_all(session);
    nghttp2_session_del(session->http2);
    calls_free_all(session);
    session_release(session, session->scheme);
    session_release(session, session->authority);
    session_release(session, session->user_agent);
    session_release(session, session->spare);
    pool_leave(session->pool);
    grpc_session_allocator allocator = session->allocator;
    allocator.release(session, allocator.context);
}

void session_fail(grpc_session *session, const char *reason) {
    if (session->failed) return;
    session->failed = true;
    copy_text(session->failure, reason, strlen(reason));
    calls_end_all(session, session->failure);
    event_queue(session, &session->failed_node, NULL, GRPC_SESSION_EVENT_FAILED);
}

void session_check_memory(grpc_session *session) {
    if (session->out_of_memory) session_fail(session, "the session ran out of memory");
}

bool grpc_session_has_failed(const grpc_session *session) { return session->failed; }

void grpc_session_connection_lost(grpc_session *session, const char *reason) { session_fail(session, reason); }

static void fail_after_error(grpc_session *session, long error) {
    if (error == NGHTTP2_ERR_NOMEM) session->out_of_memory = true;
    session_check_memory(session);
    session_fail(session, session->hint[0] != 0 ? session->hint : nghttp2_strerror((int)error));
}

size_t grpc_session_receive(grpc_session *session, const uint8_t *bytes, size_t length) {
    size_t taken = 0;
    while (!session->failed && taken < length && session->queue_length < QUEUE_LIMIT) {
        size_t slice = length - taken < SLICE_LENGTH ? length - taken : SLICE_LENGTH;
        ssize_t result = nghttp2_session_mem_recv(session->http2, bytes + taken, slice);
        if (result < 0) fail_after_error(session, (long)result);
        else taken += (size_t)result;
        session_check_memory(session);
    }
    return session->failed ? length : taken;
}

void grpc_session_set_time(grpc_session *session, uint64_t nanoseconds) { session->now = nanoseconds; }

// Who gives too little window may be measuring how much to give, and who goes away may wait for the answer to leave.
static bool owes_answer(const grpc_session *session) {
    return grpc_session_holds_ping(session) && (session->unsent > 0 || session->going_away);
}

size_t grpc_session_take_output(grpc_session *session, uint8_t *buffer, size_t capacity) {
    size_t written = 0;
    while (written < capacity) {
        if (session->output_length == 0) {
            if (session->failed) break;
            ssize_t result = nghttp2_session_mem_send(session->http2, &session->output);
            if (result < 0) fail_after_error(session, (long)result);
            session_check_memory(session);
            if (result == 0 && owes_answer(session)) {
                grpc_session_answer_ping(session);
                continue;
            }
            if (result <= 0) break;
            session->output_length = (size_t)result;
        }
        size_t part = session->output_length < capacity - written ? session->output_length : capacity - written;
        memcpy(buffer + written, session->output, part);
        session->output += part;
        session->output_length -= part;
        written += part;
    }
    // The GOAWAY that says why has been taken.
    if (session->terminated && session->output_length == 0) {
        session_fail(session, session->hint[0] != 0 ? session->hint : "the server broke the HTTP/2 protocol");
    }
    return written;
}

bool grpc_session_has_output(const grpc_session *session) {
    return session->output_length > 0 || session->terminated || owes_answer(session)
        || (!session->failed && nghttp2_session_want_write(session->http2) != 0);
}

void grpc_session_leave(grpc_session *session) {
    if (session->failed) return;
    if (nghttp2_submit_goaway(session->http2, NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, NULL, 0) == NGHTTP2_ERR_NOMEM) {
        session->out_of_memory = true;
        session_check_memory(session);
    }
}
