//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// The client's side of gRPC over one HTTP/2 connection, without I/O: bytes in, events and bytes out.
//
// A session owns no socket, thread or clock (see grpc_session_set_time) and keeps no global state. It may be used by one thread at a time. The owner
//   1. gives it the connection's bytes with grpc_session_receive,
//   2. takes all events with grpc_session_next_event, and
//   3. sends what grpc_session_take_output yields,
// in this order after every read, and 3 after every call of a function that starts, sends, consumes, cancels, pings or answers a ping.

#ifndef CGRPCSESSION_H
#define CGRPCSESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct grpc_session grpc_session;

/// Names a call within its session. Never 0, never used again: a function given the id of an ended call does nothing.
typedef uint64_t grpc_session_call;

/// What a function had to say.
typedef enum grpc_session_result {
    GRPC_SESSION_OK = 0,
    /// The session has failed or memory ran out, which fails the session. Every open call gets its ENDED event.
    GRPC_SESSION_FAILED = 1,
    /// The peer has said GOAWAY, or the session has no stream ids left: no call can be started here any more. Or a thousand that were cancelled wait
    /// for the peer to allow more streams, and another session had better be used.
    GRPC_SESSION_GOING_AWAY = 2,
    /// A header is not allowed: its name isn't lower-case, belongs to HTTP or gRPC, or its value has forbidden bytes. Or all of them, the session's
    /// own included, are longer than 64 KiB, with 12 bytes on top for each.
    GRPC_SESSION_INVALID = 3,
    /// There is no such call, or its sending half is closed, or a ping is still unanswered.
    GRPC_SESSION_CLOSED = 4
} grpc_session_result;

/// Where memory comes from. All three or none must be set; `context` is handed to each.
typedef struct grpc_session_allocator {
    void *(*allocate)(size_t size, void *context);
    void *(*reallocate)(void *pointer, size_t size, void *context);
    void (*release)(void *pointer, void *context);
    void *context;
} grpc_session_allocator;

/// A session's settings. Strings are copied and end with a zero byte.
typedef struct grpc_session_configuration {
    /// `http` or `https`.
    const char *scheme;
    /// The `:authority` of each call.
    const char *authority;
    /// May be NULL.
    const char *user_agent;
    /// What the peer may send on one stream ahead of its consumer.
    uint32_t stream_window;
    /// What the peer may send on all streams together. It is returned at once, so that no stalled stream holds up another.
    uint32_t connection_window;
    /// A response's headers, as HPACK counts them; more ends the call.
    uint32_t maximum_header_list_size;
    /// A message announced longer ends its call before memory is taken.
    uint32_t maximum_message_size;
    /// So many frames in a row that further no call (pings, settings, resets, empty data, window updates) fail the session…
    uint32_t maximum_idle_frames;
    /// …if they come within so many nanoseconds of grpc_session_set_time; 0 for however long they take.
    uint64_t idle_frames_period;
    /// Whether the peer's pings are answered by grpc_session_answer_ping, rather than each with the next output. One waits at a time: the next has
    /// both answered, and so has a GOAWAY, and a message that the peer gives no window for.
    bool holds_pings;
    /// The number of the first stream, odd; 0 for 1. A session whose numbers are used up starts no calls, see GRPC_SESSION_GOING_AWAY.
    uint32_t first_stream;
    /// May be NULL.
    const grpc_session_allocator *allocator;
} grpc_session_configuration;

/// A header or trailer. The bytes belong to the session.
typedef struct grpc_session_field {
    const uint8_t *name;
    size_t name_length;
    const uint8_t *value;
    size_t value_length;
    /// Sent as "never indexed", so that no table on the way keeps it.
    bool sensitive;
} grpc_session_field;

typedef enum grpc_session_event_kind {
    /// The queue is empty.
    GRPC_SESSION_EVENT_NONE = 0,
    /// The peer's first SETTINGS arrived: it speaks HTTP/2.
    GRPC_SESSION_EVENT_READY = 1,
    /// A call's response headers; their fields can be read. Not told of a unary call's when they have no fields.
    GRPC_SESSION_EVENT_HEADERS = 2,
    /// A call's message: `bytes`. The window it took is returned by grpc_session_consume.
    GRPC_SESSION_EVENT_MESSAGE = 3,
    /// All that was queued for a streaming call has been taken as output; `value` says how many message bytes since the last time.
    GRPC_SESSION_EVENT_DRAINED = 4,
    /// A call ended. Nothing follows for it.
    GRPC_SESSION_EVENT_ENDED = 5,
    /// Our ping was answered; `value` is what it carried.
    GRPC_SESSION_EVENT_PING_ACK = 6,
    /// The peer takes no new calls. `http2_error` and `bytes` are its reasons, `value` the last stream it may process.
    GRPC_SESSION_EVENT_GOAWAY = 7,
    /// The session is of no further use; `bytes` says why. The ENDED events of all open calls came before it.
    GRPC_SESSION_EVENT_FAILED = 8,
    /// A part of a message that is still coming: `bytes`; `value` says how many follow. What follows the last part comes as MESSAGE. The window it
    /// took is returned by grpc_session_consume.
    GRPC_SESSION_EVENT_PART = 9
} grpc_session_event_kind;

/// Who ended a call.
typedef enum grpc_session_end_origin {
    /// The peer, by a status, an HTTP answer without one, or RST_STREAM.
    GRPC_SESSION_END_PEER = 0,
    /// The answer broke the protocol or a limit, so the stream was reset here.
    GRPC_SESSION_END_VIOLATION = 1,
    /// The connection is gone.
    GRPC_SESSION_END_CONNECTION = 2
} grpc_session_end_origin;

/// What happened. Pointers are valid until the next grpc_session_next_event on the session.
typedef struct grpc_session_event {
    grpc_session_event_kind kind;
    /// The call it is about, or 0, and what grpc_session_start was given for it.
    grpc_session_call call;
    uint64_t user;
    /// The message, the status message (decoded, at most 4 KiB), or a text; see the kinds.
    const uint8_t *bytes;
    size_t length;
    uint64_t value;
    /// ENDED: gRPC's status code, 0 to 16.
    int32_t status;
    grpc_session_end_origin origin;
    /// ENDED: the call's HEADERS were put into output, so the peer may have executed it unless `refused`.
    bool sent;
    /// ENDED: the peer proved that it did not process the call.
    bool refused;
    /// ENDED: the peer reset the stream by `http2_error`. `status` stands for that code then, and is not the peer's own.
    bool reset;
    /// ENDED: RST_STREAM's code if there was one. GOAWAY: its code.
    uint32_t http2_error;
    /// ENDED: the HTTP status, 0 if none came.
    uint16_t http_status;
    /// HEADERS and ENDED: read by grpc_session_event_next_field.
    const uint8_t *fields;
    size_t fields_length;
} grpc_session_event;

/// A new session, or NULL without memory. Its preface is waiting in grpc_session_take_output.
grpc_session *grpc_session_create(const grpc_session_configuration *configuration);
/// Frees the session and all that its events point to. Open calls are forgotten without an event.
void grpc_session_destroy(grpc_session *session);

/// Feeds bytes of the connection and says how many were taken. It stops early, without loss, when many events wait: take them, and call it
/// again with the rest. A failed session takes everything and does nothing.
size_t grpc_session_receive(grpc_session *session, const uint8_t *bytes, size_t length);
/// Tells what time it is, by any clock that never goes back: to be called before the bytes are fed that have come by then.
void grpc_session_set_time(grpc_session *session, uint64_t nanoseconds);
/// The oldest event that waits, or false.
bool grpc_session_next_event(grpc_session *session, grpc_session_event *event);
/// Takes the memory of the MESSAGE event that came last out of the session, so that its bytes need no copy: they stay where the event says
/// until grpc_session_free_message. NULL for other events, and from a session with an allocator of its own.
void *grpc_session_take_message(grpc_session *session);
/// Frees what grpc_session_take_message returned, on any thread, after the session's end too.
void grpc_session_free_message(void *memory);
/// The next field of a HEADERS or ENDED event. `*cursor` starts at 0.
bool grpc_session_event_next_field(const grpc_session_event *event, size_t *cursor, grpc_session_field *field);
/// Writes up to `capacity` bytes for the peer into `buffer` and says how many; 0 when nothing waits. May add events.
size_t grpc_session_take_output(grpc_session *session, uint8_t *buffer, size_t capacity);
/// Whether grpc_session_take_output would yield something. May say so in vain, never the other way round.
bool grpc_session_has_output(const grpc_session *session);
/// The connection is gone: ends all open calls with UNAVAILABLE and this text. May be called more than once.
void grpc_session_connection_lost(grpc_session *session, const char *reason);

/// Starts a call. `user` comes back with each of its events; `timeout_nanoseconds` 0 sends no grpc-timeout.
/// With `unary` set exactly one response message is accepted.
grpc_session_result grpc_session_start(
    grpc_session *session, const char *path, size_t path_length, const grpc_session_field *fields, size_t field_count,
    uint64_t timeout_nanoseconds, bool unary, uint64_t user, grpc_session_call *call);
/// Queues a message (copied) and, with `last`, the end of the request. At most 4 GiB - 1.
grpc_session_result grpc_session_send(grpc_session *session, grpc_session_call call, const uint8_t *bytes, size_t length, bool last);
/// Has those messages of the call that are longer than `part` bytes delivered by parts of so many, as they come: none is kept whole. 0 ends that.
/// A message that has begun stays as it began.
void grpc_session_receive_parts(grpc_session *session, grpc_session_call call, uint32_t part);
/// Queues the end of the request.
grpc_session_result grpc_session_finish_sending(grpc_session *session, grpc_session_call call);
/// Returns the window that delivered messages took: for each its length + 5, for each part its length.
void grpc_session_consume(grpc_session *session, grpc_session_call call, size_t bytes);
/// Resets the call with CANCEL; no event follows for it, those that wait are dropped. `*sent` says whether its HEADERS were put into output.
/// False if the call has ended already: then its ENDED event was or will be delivered.
bool grpc_session_cancel(grpc_session *session, grpc_session_call call, bool *sent);
/// Ends the call here as a violation with this status and text: it is reset, and an ENDED event follows.
void grpc_session_abort(grpc_session *session, grpc_session_call call, int32_t status, const char *text);

/// Queues a PING that carries `value`. One at a time.
grpc_session_result grpc_session_ping(grpc_session *session, uint64_t value);
/// Whether a ping of the peer waits for its answer; never without `holds_pings`.
bool grpc_session_holds_ping(const grpc_session *session);
/// Queues the answer to the ping that waits for it, if one does.
void grpc_session_answer_ping(grpc_session *session);
/// Queues a GOAWAY without error; what is open may finish.
void grpc_session_leave(grpc_session *session);

/// How many calls are open: started and without an ENDED event in the queue.
size_t grpc_session_open_calls(const grpc_session *session);
/// The open calls one after another: start with `*cursor` 0.
bool grpc_session_next_call(const grpc_session *session, size_t *cursor, grpc_session_call *call, uint64_t *user);
/// Whether the session has failed.
bool grpc_session_has_failed(const grpc_session *session);

#ifdef __cplusplus
}
#endif

#endif
