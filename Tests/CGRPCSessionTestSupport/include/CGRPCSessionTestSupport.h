//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// A scripted HTTP/2 server on nghttp2, and one recorded exchange with it: for tests, sanitizer runs and fuzzing.

#ifndef CGRPCSESSIONTESTSUPPORT_H
#define CGRPCSESSIONTESTSUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CGRPCSession.h"

// --- The server. It does what it is told and keeps what it got. ---

typedef struct scripted_server scripted_server;

scripted_server *scripted_server_create(uint32_t maximum_concurrent_streams);
void scripted_server_destroy(scripted_server *server);
/// False when the client broke the protocol.
bool scripted_server_receive(scripted_server *server, const uint8_t *bytes, size_t length);
size_t scripted_server_take_output(scripted_server *server, uint8_t *buffer, size_t capacity);

/// What a client did on a stream: -1 as long as it has not been reset.
int64_t scripted_server_reset_code(const scripted_server *server, int32_t stream);
size_t scripted_server_request_count(const scripted_server *server);
bool scripted_server_request_ended(const scripted_server *server, int32_t stream);
/// Whether headers have been given for an answer.
bool scripted_server_answered(const scripted_server *server, int32_t stream);
const uint8_t *scripted_server_request_body(const scripted_server *server, int32_t stream, size_t *length);
/// The request's headers, one `name: value` a line, never-indexed ones with a `!` before.
const char *scripted_server_request_headers(const scripted_server *server, int32_t stream);
/// How many bytes of DATA could be sent on a stream now.
int32_t scripted_server_window(scripted_server *server, int32_t stream);
uint32_t scripted_server_ping_acks(const scripted_server *server);
uint32_t scripted_server_pings(const scripted_server *server);

/// Headers are given as `name: value` lines.
void scripted_server_headers(scripted_server *server, int32_t stream, const char *lines, bool end);
/// Raw bytes of the body; the caller frames messages. They are sent as the client's windows allow.
void scripted_server_data(scripted_server *server, int32_t stream, const uint8_t *bytes, size_t length, bool end);
/// Trailers after the data that waits.
void scripted_server_trailers(scripted_server *server, int32_t stream, const char *lines);
void scripted_server_reset(scripted_server *server, int32_t stream, uint32_t code);
void scripted_server_goaway(scripted_server *server, int32_t last_stream, uint32_t code, const char *text);
void scripted_server_ping(scripted_server *server);
void scripted_server_initial_window(scripted_server *server, uint32_t window);

// --- The exchange: unary, streaming, trailers-only, refused and reset calls, settings, pings and two GOAWAYs. ---

/// A session with the exchange's limits.
grpc_session *exchange_session(const grpc_session_allocator *allocator);
/// Starts the exchange's calls on a session and drops its output.
void exchange_start(grpc_session *session);
/// The server's side of the exchange: the caller frees it. NULL without memory.
uint8_t *exchange_record(size_t *length);
/// All events that wait, as text, appended to `transcript` (ended by a zero byte, cut at `capacity`). Messages are consumed.
void exchange_describe_events(grpc_session *session, char *transcript, size_t capacity);
/// Replays `bytes` into a new session in pieces: up to each offset in `cuts`, then the rest. With `single` one byte at a time. Writes the transcript.
void exchange_replay(const uint8_t *bytes, size_t length, const size_t *cuts, size_t cut_count, bool single, char *transcript, size_t capacity);
/// Replays with the allocation number `failing` (and all after it) failing. Returns how many allocations are still held at the end: 0.
/// `*reached` says whether that allocation was ever asked for.
long exchange_replay_failing(const uint8_t *bytes, size_t length, long failing, bool *reached);

// --- Memory that is measured. ---

typedef struct allocation_meter {
    size_t held;
    /// The most that was held at a time.
    size_t most;
} allocation_meter;

/// An allocator that keeps a meter, which must outlive what it allocates.
grpc_session_allocator metered_allocator(allocation_meter *meter);

#endif
