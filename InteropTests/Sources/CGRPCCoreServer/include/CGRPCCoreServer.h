//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// The gRPC C core as a server whose every step a test decides. One thread runs its completion queue; each step names a function that is
// called on that thread, once, when the step is done.

#ifndef CGRPCCORESERVER_H
#define CGRPCCORESERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct core_server core_server;
typedef struct core_call core_call;

/// A step is done. What `succeeded` says depends on the step.
typedef void (*core_completion)(void *context, bool succeeded);

/// Limits; 0 is the core's own default.
typedef struct core_server_limits {
    /// The longest message taken; -1 for any.
    int maximum_message_size;
    int maximum_concurrent_streams;
    /// After so long a connection is told to go away.
    int maximum_connection_age_milliseconds;
} core_server_limits;

/// A server on a free loopback port, without TLS, or NULL.
core_server *core_server_start(core_server_limits limits, int *port);
/// Stops listening and tells connections to go away. Done when all calls have ended. Once only.
void core_server_shut_down(core_server *server, core_completion completion, void *context);
/// Cancels all calls of a server that is being shut down.
void core_server_cancel_calls(core_server *server);
/// Ends the thread and frees the server, which must have been shut down. Not to be called on its thread.
void core_server_destroy(core_server *server);

/// A call to be accepted.
core_call *core_call_create(void);
/// Cancels the call unless it has ended, and frees it. None of its steps may be under way.
void core_call_release(core_call *call);
/// Waits for a call; not succeeded when the server shuts down. At success the call's end must be waited for.
void core_call_accept(core_call *call, core_server *server, core_completion completion, void *context);
/// Waits for the call's end, once: succeeded when its status was sent, not when it was cancelled, timed out or lost its connection.
void core_call_wait_for_end(core_call *call, core_completion completion, void *context);

/// The path. Valid, as all that a call hands out, until the call is released.
const char *core_call_method(const core_call *call);
/// The `:authority`.
const char *core_call_authority(const core_call *call);
/// The client's address and port.
const char *core_call_peer(const core_call *call);
/// Nanoseconds until its deadline, or INT64_MAX without one.
int64_t core_call_time_left(const core_call *call);
/// One of its headers after another, false after the last. Values of `-bin` names are decoded.
bool core_call_header(const core_call *call, size_t index, const uint8_t **name, size_t *name_length, const uint8_t **value, size_t *value_length);

/// Waits for a message: succeeded when there is one, not when the client has finished or the call ended. One at a time.
void core_call_receive(core_call *call, core_completion completion, void *context);
/// The message that was received last.
const uint8_t *core_call_message(const core_call *call, size_t *length);

/// Adds a response header, before the headers are sent. Values of `-bin` names are not encoded yet.
void core_call_add_header(core_call *call, const char *name, const uint8_t *value, size_t length);
/// Adds a trailer, before the call is finished.
void core_call_add_trailer(core_call *call, const char *name, const uint8_t *value, size_t length);
/// Sends the response headers now. Sending, finishing: one at a time.
void core_call_send_headers(core_call *call, core_completion completion, void *context);
/// Sends a message, and the headers before the first; done when flow control has let it out.
void core_call_send(core_call *call, const uint8_t *bytes, size_t length, core_completion completion, void *context);
/// Ends the call with a status. When nothing was sent and no header was added, the answer is trailers only.
void core_call_finish(core_call *call, int code, const char *message, core_completion completion, void *context);
/// Resets the call.
void core_call_cancel(core_call *call);

#endif
