//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include <string.h>

#include "session.h"

grpc_session_result grpc_session_ping(grpc_session *session, uint64_t value) {
    if (session->failed) return GRPC_SESSION_FAILED;
    if (session->ping_open) return GRPC_SESSION_CLOSED;
    uint8_t opaque[PING_LENGTH];
    memcpy(opaque, &value, sizeof opaque);
    if (nghttp2_submit_ping(session->http2, NGHTTP2_FLAG_NONE, opaque) != 0) {
        session->out_of_memory = true;
        session_check_memory(session);
        return GRPC_SESSION_FAILED;
    }
    session->ping_open = true;
    session->ping_value = value;
    return GRPC_SESSION_OK;
}

void receive_ping_ack(grpc_session *session, const nghttp2_ping *frame) {
    uint64_t value;
    memcpy(&value, frame->opaque_data, sizeof value);
    if (!session->ping_open || value != session->ping_value) return;
    session->ping_open = false;
    event_queue(session, &session->ping_node, NULL, GRPC_SESSION_EVENT_PING_ACK);
}

static bool answer(grpc_session *session, const uint8_t opaque[PING_LENGTH]) {
    int result = nghttp2_submit_ping(session->http2, NGHTTP2_FLAG_ACK, opaque);
    if (result == 0) return true;
    static const char reason[] = "too many answers to pings wait to be sent";
    if (result == NGHTTP2_ERR_NOMEM) session->out_of_memory = true;
    else copy_text(session->hint, reason, strlen(reason));
    return false;
}

static bool answer_held(grpc_session *session) {
    if (!session->holds_ping) return true;
    session->holds_ping = false;
    return answer(session, session->held_ping);
}

bool receive_ping(grpc_session *session, const nghttp2_ping *frame) {
    // Without the owner's wish nghttp2 has answered.
    if (!session->may_hold_pings) return true;
    // Who asks again before the answer is in a hurry.
    if (session->holds_ping) return answer_held(session) && answer(session, frame->opaque_data);
    memcpy(session->held_ping, frame->opaque_data, sizeof session->held_ping);
    session->holds_ping = true;
    return true;
}

bool grpc_session_holds_ping(const grpc_session *session) { return session->holds_ping && !session->failed; }

void grpc_session_answer_ping(grpc_session *session) {
    if (session->failed || answer_held(session)) return;
    session_check_memory(session);
    session_fail(session, session->hint);
}
