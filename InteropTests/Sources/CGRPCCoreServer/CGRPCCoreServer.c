//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include "CGRPCCoreServer.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/support/alloc.h>
#include <grpc/support/time.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct core_server {
    grpc_server *server;
    grpc_completion_queue *queue;
    pthread_t thread;
};

typedef struct fields {
    grpc_metadata *all;
    size_t count;
} fields;

struct core_call {
    grpc_call *call;
    grpc_call_details details;
    grpc_metadata_array headers;
    char *method;
    char *authority;
    char *peer;
    grpc_byte_buffer *incoming;
    grpc_slice message;
    fields response_headers;
    fields trailers;
    bool headers_sent;
    int cancelled;
    // Batches of one call must not be started by two threads at once.
    pthread_mutex_t lock;
};

typedef enum step_kind { STEP_ACCEPT, STEP_RECEIVE, STEP_SEND, STEP_END, STEP_SHUT_DOWN } step_kind;

// What the completion queue hands back.
typedef struct step {
    step_kind kind;
    core_call *call;
    core_completion completion;
    void *context;
    grpc_byte_buffer *outgoing;
    grpc_slice details;
} step;

// Out of memory there is nothing that a test could do.
static void *allocate(size_t size) {
    void *pointer = calloc(1, size);
    if (pointer == NULL) abort();
    return pointer;
}

static step *step_create(step_kind kind, core_call *call, core_completion completion, void *context) {
    step *created = allocate(sizeof *created);
    created->kind = kind;
    created->call = call;
    created->completion = completion;
    created->context = context;
    created->details = grpc_empty_slice();
    return created;
}

static char *text_of(grpc_slice slice) {
    char *text = allocate(GRPC_SLICE_LENGTH(slice) + 1);
    for (size_t i = 0; i < GRPC_SLICE_LENGTH(slice); i++) text[i] = (char)GRPC_SLICE_START_PTR(slice)[i];
    return text;
}

static bool take_message(core_call *call) {
    if (call->incoming == NULL) return false;
    grpc_byte_buffer_reader reader;
    bool readable = grpc_byte_buffer_reader_init(&reader, call->incoming) != 0;
    if (readable) {
        grpc_slice_unref(call->message);
        call->message = grpc_byte_buffer_reader_readall(&reader);
        grpc_byte_buffer_reader_destroy(&reader);
    }
    grpc_byte_buffer_destroy(call->incoming);
    call->incoming = NULL;
    return readable;
}

static void step_complete(step *done, bool succeeded) {
    core_call *call = done->call;
    switch (done->kind) {
        case STEP_ACCEPT:
            if (!succeeded) break;
            call->method = text_of(call->details.method);
            call->authority = text_of(call->details.host);
            call->peer = grpc_call_get_peer(call->call);
            break;
        case STEP_RECEIVE: succeeded = take_message(call) && succeeded; break;
        case STEP_END: succeeded = succeeded && call->cancelled == 0; break;
        case STEP_SEND:
        case STEP_SHUT_DOWN: break;
    }
    if (done->outgoing != NULL) grpc_byte_buffer_destroy(done->outgoing);
    grpc_slice_unref(done->details);
    core_completion completion = done->completion;
    void *context = done->context;
    free(done);
    completion(context, succeeded);
}

// ---- Server

static void *run_queue(void *argument) {
    core_server *server = argument;
    for (;;) {
        grpc_event event = grpc_completion_queue_next(server->queue, gpr_inf_future(GPR_CLOCK_REALTIME), NULL);
        if (event.type == GRPC_QUEUE_SHUTDOWN) return NULL;
        if (event.type == GRPC_OP_COMPLETE) step_complete(event.tag, event.success != 0);
    }
}

static void add_argument(grpc_arg *arguments, size_t *count, const char *name, int value) {
    if (value == 0) return;
    arguments[(*count)++] = (grpc_arg){.type = GRPC_ARG_INTEGER, .key = (char *)name, .value.integer = value};
}

core_server *core_server_start(core_server_limits limits, int *port) {
    // Never undone: the core's own threads end with the process.
    grpc_init();
    grpc_arg arguments[4];
    grpc_channel_args settings = {.num_args = 0, .args = arguments};
    add_argument(arguments, &settings.num_args, GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, limits.maximum_message_size);
    add_argument(arguments, &settings.num_args, GRPC_ARG_MAX_CONCURRENT_STREAMS, limits.maximum_concurrent_streams);
    add_argument(arguments, &settings.num_args, GRPC_ARG_MAX_CONNECTION_AGE_MS, limits.maximum_connection_age_milliseconds);

    core_server *server = allocate(sizeof *server);
    server->queue = grpc_completion_queue_create_for_next(NULL);
    server->server = grpc_server_create(&settings, NULL);
    grpc_server_register_completion_queue(server->server, server->queue, NULL);
    grpc_server_credentials *credentials = grpc_insecure_server_credentials_create();
    *port = grpc_server_add_http2_port(server->server, "127.0.0.1:0", credentials);
    grpc_server_credentials_release(credentials);
    grpc_server_start(server->server);
    if (*port == 0 || pthread_create(&server->thread, NULL, run_queue, server) != 0) {
        // Leaked: a test without a server fails at once.
        return NULL;
    }
    return server;
}

void core_server_shut_down(core_server *server, core_completion completion, void *context) {
    grpc_server_shutdown_and_notify(server->server, server->queue, step_create(STEP_SHUT_DOWN, NULL, completion, context));
}

void core_server_cancel_calls(core_server *server) { grpc_server_cancel_all_calls(server->server); }

void core_server_destroy(core_server *server) {
    grpc_completion_queue_shutdown(server->queue);
    pthread_join(server->thread, NULL);
    grpc_server_destroy(server->server);
    grpc_completion_queue_destroy(server->queue);
    free(server);
}

// ---- Calls

core_call *core_call_create(void) {
    core_call *call = allocate(sizeof *call);
    grpc_call_details_init(&call->details);
    grpc_metadata_array_init(&call->headers);
    call->message = grpc_empty_slice();
    pthread_mutex_init(&call->lock, NULL);
    return call;
}

static void release_fields(fields *released) {
    for (size_t i = 0; i < released->count; i++) {
        grpc_slice_unref(released->all[i].key);
        grpc_slice_unref(released->all[i].value);
    }
    free(released->all);
}

void core_call_release(core_call *call) {
    if (call->call != NULL) grpc_call_unref(call->call);
    grpc_call_details_destroy(&call->details);
    grpc_metadata_array_destroy(&call->headers);
    grpc_slice_unref(call->message);
    release_fields(&call->response_headers);
    release_fields(&call->trailers);
    free(call->method);
    free(call->authority);
    gpr_free(call->peer);
    pthread_mutex_destroy(&call->lock);
    free(call);
}

void core_call_accept(core_call *call, core_server *server, core_completion completion, void *context) {
    step *accept = step_create(STEP_ACCEPT, call, completion, context);
    grpc_call_error error = grpc_server_request_call(
        server->server, &call->call, &call->details, &call->headers, server->queue, server->queue, accept);
    if (error != GRPC_CALL_OK) step_complete(accept, false);
}

static void start(core_call *call, const grpc_op *operations, size_t count, step *started) {
    pthread_mutex_lock(&call->lock);
    grpc_call_error error = grpc_call_start_batch(call->call, operations, count, started, NULL);
    pthread_mutex_unlock(&call->lock);
    if (error == GRPC_CALL_OK) return;
    fprintf(stderr, "the gRPC core refused a step: %s\n", grpc_call_error_to_string(error));
    step_complete(started, false);
}

void core_call_wait_for_end(core_call *call, core_completion completion, void *context) {
    grpc_op operation = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER};
    operation.data.recv_close_on_server.cancelled = &call->cancelled;
    start(call, &operation, 1, step_create(STEP_END, call, completion, context));
}

const char *core_call_method(const core_call *call) { return call->method; }

const char *core_call_authority(const core_call *call) { return call->authority; }

const char *core_call_peer(const core_call *call) { return call->peer; }

int64_t core_call_time_left(const core_call *call) {
    gpr_timespec deadline = call->details.deadline;
    if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0) return INT64_MAX;
    gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
    return left.tv_sec * 1000000000 + left.tv_nsec;
}

bool core_call_header(const core_call *call, size_t index, const uint8_t **name, size_t *name_length, const uint8_t **value, size_t *value_length) {
    if (index >= call->headers.count) return false;
    const grpc_metadata *header = &call->headers.metadata[index];
    *name = GRPC_SLICE_START_PTR(header->key);
    *name_length = GRPC_SLICE_LENGTH(header->key);
    *value = GRPC_SLICE_START_PTR(header->value);
    *value_length = GRPC_SLICE_LENGTH(header->value);
    return true;
}

void core_call_receive(core_call *call, core_completion completion, void *context) {
    grpc_op operation = {.op = GRPC_OP_RECV_MESSAGE};
    operation.data.recv_message.recv_message = &call->incoming;
    start(call, &operation, 1, step_create(STEP_RECEIVE, call, completion, context));
}

const uint8_t *core_call_message(const core_call *call, size_t *length) {
    *length = GRPC_SLICE_LENGTH(call->message);
    return GRPC_SLICE_START_PTR(call->message);
}

static void add_field(fields *to, const char *name, const uint8_t *value, size_t length) {
    grpc_metadata *all = realloc(to->all, (to->count + 1) * sizeof *all);
    if (all == NULL) abort();
    all[to->count] = (grpc_metadata){
        .key = grpc_slice_from_copied_string(name), .value = grpc_slice_from_copied_buffer((const char *)value, length)};
    to->all = all;
    to->count++;
}

void core_call_add_header(core_call *call, const char *name, const uint8_t *value, size_t length) {
    add_field(&call->response_headers, name, value, length);
}

void core_call_add_trailer(core_call *call, const char *name, const uint8_t *value, size_t length) {
    add_field(&call->trailers, name, value, length);
}

static size_t prepend_headers(core_call *call, grpc_op *operations) {
    if (call->headers_sent) return 0;
    call->headers_sent = true;
    operations[0].op = GRPC_OP_SEND_INITIAL_METADATA;
    operations[0].data.send_initial_metadata.count = call->response_headers.count;
    operations[0].data.send_initial_metadata.metadata = call->response_headers.all;
    return 1;
}

void core_call_send_headers(core_call *call, core_completion completion, void *context) {
    grpc_op operations[1] = {0};
    size_t count = prepend_headers(call, operations);
    start(call, operations, count, step_create(STEP_SEND, call, completion, context));
}

void core_call_send(core_call *call, const uint8_t *bytes, size_t length, core_completion completion, void *context) {
    step *send = step_create(STEP_SEND, call, completion, context);
    grpc_slice slice = grpc_slice_from_copied_buffer((const char *)bytes, length);
    send->outgoing = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    grpc_op operations[2] = {0};
    size_t count = prepend_headers(call, operations);
    operations[count].op = GRPC_OP_SEND_MESSAGE;
    operations[count].data.send_message.send_message = send->outgoing;
    start(call, operations, count + 1, send);
}

void core_call_finish(core_call *call, int code, const char *message, core_completion completion, void *context) {
    step *finish = step_create(STEP_SEND, call, completion, context);
    finish->details = grpc_slice_from_copied_string(message);
    grpc_op operations[2] = {0};
    size_t count = prepend_headers(call, operations);
    operations[count].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
    operations[count].data.send_status_from_server.trailing_metadata_count = call->trailers.count;
    operations[count].data.send_status_from_server.trailing_metadata = call->trailers.all;
    operations[count].data.send_status_from_server.status = (grpc_status_code)code;
    operations[count].data.send_status_from_server.status_details = &finish->details;
    start(call, operations, count + 1, finish);
}

void core_call_cancel(core_call *call) { grpc_call_cancel(call->call, NULL); }
