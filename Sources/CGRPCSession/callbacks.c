//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include <stdio.h>
#include <string.h>

#include "session.h"

static bool is_idle_frame(const nghttp2_frame_hd *header) {
    switch (header->type) {
    case NGHTTP2_DATA: return header->length == 0 && (header->flags & NGHTTP2_FLAG_END_STREAM) == 0;
    case NGHTTP2_PING: return (header->flags & NGHTTP2_FLAG_ACK) == 0;
    default: return true;
    }
}

// A row that takes its time is no flood: peers ping a connection on which nothing happens for days.
static bool lengthens_flood(grpc_session *session) {
    bool is_over = session->idle_frames_period > 0 && session->now - session->idle_since >= session->idle_frames_period;
    if (session->idle_frames == 0 || is_over) {
        session->idle_frames = 0;
        session->idle_since = session->now;
    }
    return ++session->idle_frames > session->maximum_idle_frames;
}

static int on_begin_frame(nghttp2_session *http2, const nghttp2_frame_hd *header, void *user) {
    (void)http2;
    grpc_session *session = user;
    if (!is_idle_frame(header) || !lengthens_flood(session)) return 0;
    snprintf(session->hint, sizeof session->hint, "the server sent %u frames in a row that belong to no call", (unsigned)session->idle_frames);
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_begin_headers(nghttp2_session *http2, const nghttp2_frame *frame, void *user) {
    (void)http2;
    call *call = call_of_stream(user, frame->hd.stream_id);
    if (call != NULL) call_begin_headers(call);
    return 0;
}

static int on_header(
    nghttp2_session *http2, const nghttp2_frame *frame, const uint8_t *name, size_t name_length, const uint8_t *value, size_t value_length,
    uint8_t flags, void *user) {
    (void)http2;
    (void)flags;
    call *call = call_of_stream(user, frame->hd.stream_id);
    return call == NULL ? 0 : call_receive_field(call, name, name_length, value, value_length);
}

static int on_data_chunk(nghttp2_session *http2, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t length, void *user) {
    (void)flags;
    grpc_session *session = user;
    // The connection's window is for all; only the stream's own holds a slow consumer's peer back.
    if (nghttp2_session_consume_connection(http2, length) == NGHTTP2_ERR_NOMEM) return NGHTTP2_ERR_CALLBACK_FAILURE;
    call *call = call_of_stream(session, stream);
    if (call == NULL) return 0;
    if (length > 0) session->idle_frames = 0;
    call_receive_data(call, bytes, length);
    return session->out_of_memory ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static void receive_goaway(grpc_session *session, const nghttp2_goaway *frame) {
    session->going_away = true;
    goaway *fresh = session_allocate(session, sizeof *fresh);
    if (fresh == NULL) return;
    memset(fresh, 0, sizeof *fresh);
    fresh->error_code = frame->error_code;
    fresh->last_stream = (uint32_t)frame->last_stream_id;
    copy_text(fresh->text, (const char *)frame->opaque_data, frame->opaque_data_len);
    event_queue(session, &fresh->node, NULL, GRPC_SESSION_EVENT_GOAWAY);
    calls_end_unsent(session, "the server is going away; the call was not sent");
}

static int on_frame_received(nghttp2_session *http2, const nghttp2_frame *frame, void *user) {
    (void)http2;
    grpc_session *session = user;
    call *call = call_of_stream(session, frame->hd.stream_id);
    bool end_of_stream = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
        if (call == NULL) break;
        session->idle_frames = 0;
        call_finish_headers(call, end_of_stream);
        break;
    case NGHTTP2_DATA:
        if (call != NULL && end_of_stream) call_finish_stream(call);
        break;
    case NGHTTP2_RST_STREAM:
        if (call == NULL) break;
        session->idle_frames = 0;
        call->reset = true;
        call->http2_error = frame->rst_stream.error_code;
        break;
    case NGHTTP2_SETTINGS:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 || session->ready) break;
        session->ready = true;
        event_queue(session, &session->ready_node, NULL, GRPC_SESSION_EVENT_READY);
        break;
    case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) receive_ping_ack(session, &frame->ping);
        else if (!receive_ping(session, &frame->ping)) return NGHTTP2_ERR_CALLBACK_FAILURE;
        break;
    case NGHTTP2_GOAWAY: receive_goaway(session, &frame->goaway); break;
    default: break;
    }
    return session->out_of_memory ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_invalid_frame(nghttp2_session *http2, const nghttp2_frame *frame, int error, void *user) {
    (void)http2;
    // What is wrong with other frames is the connection's matter, which ends all calls.
    call *call = frame->hd.type == NGHTTP2_HEADERS ? call_of_stream(user, frame->hd.stream_id) : NULL;
    if (call == NULL) return 0;
    char text[GRPC_TEXT_LENGTH];
    snprintf(text, sizeof text, "the server broke HTTP/2: %s", nghttp2_strerror(error));
    call_end(call, GRPC_INTERNAL, GRPC_SESSION_END_VIOLATION, text);
    return 0;
}

// Streams that ended in order have no call any more; what is left was reset, is above a GOAWAY's last stream, or was never allowed to start.
static int on_stream_close(nghttp2_session *http2, int32_t stream, uint32_t error_code, void *user) {
    (void)http2;
    call *call = call_of_stream(user, stream);
    if (call == NULL) return 0;
    if (!call->sent) {
        // nghttp2 names the code that a server would have refused it by, and the server knows nothing of it. It waits for no stream any more.
        call->stream = 0;
        call_end(call, GRPC_UNAVAILABLE, GRPC_SESSION_END_CONNECTION, "the connection takes no new calls");
        return 0;
    }
    char text[GRPC_TEXT_LENGTH];
    snprintf(text, sizeof text, "the server %s the stream: %s", call->reset ? "reset" : "did not take", nghttp2_http2_strerror(error_code));
    // A peer that has answered has processed the call, whatever it claims.
    call->refused = error_code == NGHTTP2_REFUSED_STREAM && !call->got_headers;
    session_release(call->session, call->status_message);
    call->status_message = NULL;
    call_end(call, status_of_reset(error_code), GRPC_SESSION_END_PEER, text);
    return 0;
}

static int before_frame_send(nghttp2_session *http2, const nghttp2_frame *frame, void *user) {
    (void)http2;
    grpc_session *session = user;
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    call *call = call_of_stream(session, frame->hd.stream_id);
    if (call != NULL) call->sent = true;
    return 0;
}

static int on_frame_not_sent(nghttp2_session *http2, const nghttp2_frame *frame, int error, void *user) {
    (void)http2;
    (void)error;
    grpc_session *session = user;
    if (frame->hd.type != NGHTTP2_HEADERS || call_of_stream(session, frame->hd.stream_id) != NULL) return 0;
    // The turn of a call that was given up meanwhile.
    if (session->abandoned > 0) session->abandoned--;
    return 0;
}

static int on_frame_sent(nghttp2_session *http2, const nghttp2_frame *frame, void *user) {
    (void)http2;
    grpc_session *session = user;
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA: session->idle_frames = 0; break;
    case NGHTTP2_RST_STREAM: {
        // What is reset here has no call any more, unless nghttp2 does it by itself: for data beyond the window, or other than announced.
        call *call = call_of_stream(session, frame->hd.stream_id);
        if (call == NULL) break;
        session_release(session, call->status_message);
        call->status_message = NULL;
        call_end(call, GRPC_INTERNAL, GRPC_SESSION_END_VIOLATION, "the server broke HTTP/2 on this stream");
        break;
    }
    case NGHTTP2_GOAWAY:
        // nghttp2 says so when the peer broke the protocol.
        if (frame->goaway.error_code != NGHTTP2_NO_ERROR) session->terminated = true;
        break;
    default: break;
    }
    return 0;
}

static int on_error(nghttp2_session *http2, int error, const char *text, size_t length, void *user) {
    (void)http2;
    (void)error;
    grpc_session *session = user;
    copy_text(session->hint, text, length);
    return 0;
}

static void set_callbacks(nghttp2_session_callbacks *callbacks) {
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_received);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_before_frame_send_callback(callbacks, before_frame_send);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, on_frame_not_sent);
    nghttp2_session_callbacks_set_error_callback2(callbacks, on_error);
}

bool session_open_http2(grpc_session *session) {
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    bool opened = false;
    if (nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0) {
        set_callbacks(callbacks);
        nghttp2_option_set_no_auto_window_update(option, 1);
        nghttp2_option_set_no_auto_ping_ack(option, session->may_hold_pings);
        /* HTTP forbids spaces at the ends of a value, and the gRPC C core sends them all the same, in metadata and in messages of statuses. */
        nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(option, 1);
        opened = nghttp2_session_client_new3(&session->http2, callbacks, session, option, &session->memory) == 0;
    }
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return opened;
}
