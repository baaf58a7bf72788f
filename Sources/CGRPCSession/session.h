//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// What the parts of the session share.

#ifndef KEELSON_SESSION_H
#define KEELSON_SESSION_H

#include <nghttp2/nghttp2.h>
#include <stdatomic.h>

#include "CGRPCSession.h"

#define GRPC_PREFIX_LENGTH 5
#define GRPC_TEXT_LENGTH 200
#define TIMEOUT_LENGTH 16
#define TIMEOUTS 4
#define PING_LENGTH 8
#define GRPC_STATUS_MESSAGE_LIMIT 4096

// Memory that is used again is memory whose misuse ASan can't see.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define REUSES_MEMORY 0
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define REUSES_MEMORY 0
#endif
#ifndef REUSES_MEMORY
#define REUSES_MEMORY 1
#endif

#define GRPC_OK 0
#define GRPC_CANCELLED 1
#define GRPC_UNKNOWN 2
#define GRPC_PERMISSION_DENIED 7
#define GRPC_RESOURCE_EXHAUSTED 8
#define GRPC_UNIMPLEMENTED 12
#define GRPC_INTERNAL 13
#define GRPC_UNAVAILABLE 14
#define GRPC_UNAUTHENTICATED 16

// A link in the queue of events. Those that must never fail to be queued live inside their call or session.
typedef struct event_node {
    struct event_node *next;
    struct call *call;
    grpc_session_event_kind kind;
    bool queued;
} event_node;

typedef struct message_pool message_pool;

// A message or a part of one, whole or in assembly.
typedef struct message {
    event_node node;
    message_pool *pool;    // what its memory belongs to, or NULL
    uint32_t length;
    uint32_t received;
    uint32_t capacity;
    uint32_t following;    // bytes of the same message after these
    uint8_t bytes[];
} message;

// A GOAWAY of the peer.
typedef struct goaway {
    event_node node;
    uint32_t error_code;
    uint32_t last_stream;
    char text[GRPC_TEXT_LENGTH];
} goaway;

// Bytes that wait to be sent: whole framed messages.
typedef struct outgoing {
    struct outgoing *next;
    size_t length;
    size_t taken;
    uint8_t bytes[];
} outgoing;

// Fields in one block: each is two 32-bit lengths, the name, the value.
typedef struct field_block {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
} field_block;

typedef struct call {
    grpc_session *session;
    grpc_session_call id;
    uint64_t user;
    int32_t stream;
    bool unary;
    bool sent;
    bool ended;
    bool dropped;          // cancelled while events of it wait
    bool send_closed;      // END_STREAM is queued
    bool deferred;         // nghttp2 waits to be told of new data
    bool got_headers;      // a final response HEADERS came
    bool in_trailers;
    bool got_message;
    bool status_seen;
    bool status_valid;
    bool content_type_grpc;
    int32_t status;
    uint16_t http_status;
    grpc_session_end_origin origin;
    bool refused;
    bool reset;
    uint32_t http2_error;
    size_t header_list_size;
    size_t references;     // queued nodes, plus one while it is open
    // Request.
    outgoing *out_head;
    outgoing *out_tail;
    uint64_t drained;
    // Response messages.
    uint8_t prefix[GRPC_PREFIX_LENGTH];
    uint8_t prefix_length;
    message *assembling;
    uint32_t part;         // the longest that is delivered at once, or 0
    size_t owed;           // received on the stream and not yet returned to its window
    size_t delivered;      // of whole messages that the owner has not consumed
    field_block headers;
    field_block trailers;
    uint8_t *status_message;
    size_t status_message_length;
    char text[GRPC_TEXT_LENGTH];
    event_node headers_node;
    event_node drained_node;
    event_node ended_node;
} call;

typedef struct call_slot {
    call *call;
    uint32_t generation;
    uint32_t next_free;
} call_slot;

struct grpc_session {
    nghttp2_session *http2;
    nghttp2_mem memory;
    grpc_session_allocator allocator;
    char *scheme;
    char *authority;
    char *user_agent;
    uint32_t stream_window;
    uint32_t maximum_header_list_size;
    uint32_t maximum_message_size;
    uint32_t maximum_idle_frames;
    uint32_t idle_frames;
    uint64_t idle_frames_period;
    uint64_t idle_since;   // when the first of them came
    uint64_t now;
    bool failed;
    bool out_of_memory;
    bool ready;
    bool going_away;
    bool terminated;       // a GOAWAY with an error of ours was put out
    bool ping_open;
    uint64_t ping_value;
    bool may_hold_pings;
    bool holds_ping;
    uint8_t held_ping[PING_LENGTH];
    char timeouts[TIMEOUTS][TIMEOUT_LENGTH];    // the latest that were sent
    unsigned next_timeout;
    message_pool *pool;    // NULL with an allocator of the owner's
    message *spare;        // of a part that was delivered, for the next
    char failure[GRPC_TEXT_LENGTH];
    char hint[GRPC_TEXT_LENGTH];
    call_slot *slots;
    uint32_t slot_count;
    uint32_t slot_capacity;
    uint32_t first_free;   // index + 1
    size_t open_calls;
    size_t unsent;         // messages that wait to be sent, of all calls
    size_t abandoned;      // calls that ended before they were sent, and wait in nghttp2 for a stream all the same
    event_node *queue_head;
    event_node *queue_tail;
    size_t queue_length;
    event_node *current;   // what the last event points into
    event_node ready_node;
    event_node ping_node;
    event_node failed_node;
    // What nghttp2 has handed out and the owner has not taken yet.
    const uint8_t *output;
    size_t output_length;
};

// memory.c
void *session_allocate(grpc_session *session, size_t size);
void *session_reallocate(grpc_session *session, void *pointer, size_t size);
void session_release(grpc_session *session, void *pointer);
char *session_copy_string(grpc_session *session, const char *text);
void copy_text(char destination[GRPC_TEXT_LENGTH], const char *text, size_t length);

// session.c
void session_fail(grpc_session *session, const char *reason);
void session_check_memory(grpc_session *session);
bool session_frees_by_default(const grpc_session *session);

// callbacks.c
bool session_open_http2(grpc_session *session);

// pings.c
void receive_ping_ack(grpc_session *session, const nghttp2_ping *frame);
// False when the session can't go on.
bool receive_ping(grpc_session *session, const nghttp2_ping *frame);

// events.c
void event_queue(grpc_session *session, event_node *node, call *call, grpc_session_event_kind kind);
void event_drop_all(grpc_session *session);

// calls.c
// The oldest message that waits to be sent needn't wait any more.
void call_drop_outgoing(call *call);
call *call_find(const grpc_session *session, grpc_session_call id);
call *call_of_stream(grpc_session *session, int32_t stream);
void call_reference(call *call);
void call_dereference(call *call);
void call_end(call *call, int32_t status, grpc_session_end_origin origin, const char *text);
void call_violate(call *call, int32_t status, const char *text);
call *call_create(grpc_session *session, bool unary, uint64_t user);
void call_discard(call *call);
void calls_end_unsent(grpc_session *session, const char *text);
void calls_end_all(grpc_session *session, const char *text);
void calls_free_all(grpc_session *session);

// messages.c
void call_receive_data(call *call, const uint8_t *bytes, size_t length);
void call_return_window(call *call);
void message_release(grpc_session *session, message *message);
void part_release(grpc_session *session, message *part);

// pool.c
message_pool *pool_create(void);
// Gives back a reference; the last frees all.
void pool_leave(message_pool *pool);
// An empty message with room for `length`, or NULL when it's to be had elsewhere.
message *pool_take(message_pool *pool, uint32_t length);
// A message that the session didn't give away is free.
void pool_put_back(message_pool *pool, message *piece);
// A message leaves the session, which may end before it's returned.
void pool_give_away(message_pool *pool);
// On any thread: a message that was given away is free.
void pool_return(message_pool *pool, message *piece);

// responses.c
void call_begin_headers(call *call);
int call_receive_field(call *call, const uint8_t *name, size_t name_length, const uint8_t *value, size_t value_length);
void call_finish_headers(call *call, bool end_of_stream);
void call_finish_stream(call *call);

// status.c
int32_t status_of_http(uint16_t http_status);
int32_t status_of_reset(uint32_t error_code);
bool status_parse(const uint8_t *value, size_t length, int32_t *status);
size_t percent_decode(const uint8_t *source, size_t length, uint8_t *destination, size_t capacity);

#endif
