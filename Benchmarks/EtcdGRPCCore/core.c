//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// The gRPC C core under the same commands as the floor, see EtcdFloor.h: the engine below most other clients of etcd that aren't written in Go.

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/support/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "EtcdEngine.h"

enum { METHODS = 8 };

struct core {
    grpc_channel *channel;
    grpc_completion_queue *queue;
    size_t open_calls;
    struct {
        const char *path;
        void *handle;
    } methods[METHODS];
};

// One batch of operations and what it is for; its address is the batch's tag.
struct step {
    struct core_call *call;
    void (*finish)(struct core_call *call);
};

struct core_call {
    struct core *core;
    struct call *call;
    grpc_call *handle;
    grpc_byte_buffer *outgoing;
    grpc_byte_buffer *incoming;
    grpc_metadata_array headers;
    grpc_metadata_array trailers;
    grpc_status_code status;
    grpc_slice details;
    struct step whole;
    struct step receive;
    struct step end;
};

static void *allocate(size_t size) {
    void *pointer = calloc(1, size);
    if (!pointer) abort();
    return pointer;
}

static char *file_contents(const char *path) {
    FILE *file = fopen(path, "rb");
    char *text = allocate(64 << 10);
    if (!file || fread(text, 1, (64 << 10) - 1, file) == 0) floor_fail("can't read", path);
    fclose(file);
    return text;
}

static grpc_channel_credentials *credentials_for(const struct server *server) {
    if (!server->authority[0]) return grpc_insecure_credentials_create();
    char *authority = file_contents(server->authority), *certificate = file_contents(server->certificate), *key = file_contents(server->key);
    grpc_ssl_pem_key_cert_pair pair = {key, certificate};
    grpc_channel_credentials *credentials = grpc_ssl_credentials_create(authority, &pair, NULL, NULL);
    free(authority);
    free(certificate);
    free(key);
    return credentials;
}

static void *core_open(const struct server *server) {
    struct core *core = allocate(sizeof *core);
    grpc_init();
    grpc_channel_credentials *credentials = credentials_for(server);
    // By default no answer may be longer than 4 MiB.
    char name[] = GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH;
    grpc_arg unlimited = {.type = GRPC_ARG_INTEGER, .key = name, .value.integer = -1};
    grpc_channel_args arguments = {1, &unlimited};
    core->channel = grpc_channel_create(server->address, credentials, &arguments);
    core->queue = grpc_completion_queue_create_for_next(NULL);
    grpc_channel_credentials_release(credentials);
    return core;
}

static void core_close(void *opened) {
    struct core *core = opened;
    // A watch that has seen enough ends with its process.
    if (core->open_calls) return;
    grpc_completion_queue_shutdown(core->queue);
    while (grpc_completion_queue_next(core->queue, gpr_inf_future(GPR_CLOCK_REALTIME), NULL).type != GRPC_QUEUE_SHUTDOWN) {}
    grpc_completion_queue_destroy(core->queue);
    grpc_channel_destroy(core->channel);
    free(core);
}

static void *method_handle(struct core *core, const char *path) {
    for (size_t i = 0; i < METHODS; i++) {
        if (!core->methods[i].path) {
            core->methods[i].path = path;
            core->methods[i].handle = grpc_channel_register_call(core->channel, path, NULL, NULL);
        }
        if (strcmp(core->methods[i].path, path) == 0) return core->methods[i].handle;
    }
    floor_fail("method", "there are too many");
}

static void start_batch(struct core_call *call, const grpc_op *operations, size_t count, struct step *step) {
    if (grpc_call_start_batch(call->handle, operations, count, step, NULL) != GRPC_CALL_OK) floor_fail("batch", "refused");
}

// False when there was no message.
static bool deliver(struct core_call *call) {
    if (!call->incoming) return false;
    grpc_byte_buffer_reader reader;
    if (!grpc_byte_buffer_reader_init(&reader, call->incoming)) floor_fail("message", "can't be read");
    grpc_slice bytes = grpc_byte_buffer_reader_readall(&reader);
    call->call->on_message(call->call, GRPC_SLICE_START_PTR(bytes), GRPC_SLICE_LENGTH(bytes));
    grpc_slice_unref(bytes);
    grpc_byte_buffer_reader_destroy(&reader);
    grpc_byte_buffer_destroy(call->incoming);
    call->incoming = NULL;
    return true;
}

static void ended(struct core_call *call) {
    if (call->status != GRPC_STATUS_OK) floor_fail("status", grpc_slice_to_c_string(call->details));
    deliver(call);
    struct call *owner = call->call;
    call->core->open_calls--;
    if (call->outgoing) grpc_byte_buffer_destroy(call->outgoing);
    grpc_slice_unref(call->details);
    grpc_metadata_array_destroy(&call->headers);
    grpc_metadata_array_destroy(&call->trailers);
    grpc_call_unref(call->handle);
    free(call);
    owner->on_end(owner);
}

static void receive_next(struct core_call *call) {
    const grpc_op operation = {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &call->incoming};
    start_batch(call, &operation, 1, &call->receive);
}

static void received(struct core_call *call) {
    if (deliver(call)) receive_next(call);
}

static void began(struct core_call *call) { receive_next(call); }

static void core_start(void *opened, struct call *owner, const char *path) {
    struct core *core = opened;
    struct core_call *call = allocate(sizeof *call);
    const gpr_timespec never = gpr_inf_future(GPR_CLOCK_REALTIME);
    core->open_calls++;
    call->core = core;
    call->call = owner;
    call->handle = grpc_channel_create_registered_call(
        core->channel, NULL, GRPC_PROPAGATE_DEFAULTS, core->queue, method_handle(core, path), never, NULL);
    grpc_slice message = grpc_slice_from_copied_buffer((const char *)owner->request.bytes + 5, owner->request.count - 5);
    call->outgoing = grpc_raw_byte_buffer_create(&message, 1);
    grpc_slice_unref(message);
    grpc_metadata_array_init(&call->headers);
    grpc_metadata_array_init(&call->trailers);
    call->whole = (struct step){call, owner->keeps_sending ? began : ended};
    call->receive = (struct step){call, received};
    call->end = (struct step){call, ended};

    const grpc_op send_headers = {.op = GRPC_OP_SEND_INITIAL_METADATA};
    const grpc_op send = {.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = call->outgoing};
    const grpc_op close = {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT};
    const grpc_op headers = {.op = GRPC_OP_RECV_INITIAL_METADATA, .data.recv_initial_metadata.recv_initial_metadata = &call->headers};
    const grpc_op receive = {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &call->incoming};
    const grpc_op status = {
        .op = GRPC_OP_RECV_STATUS_ON_CLIENT,
        .data.recv_status_on_client = {.trailing_metadata = &call->trailers, .status = &call->status, .status_details = &call->details},
    };
    if (owner->keeps_sending) {
        start_batch(call, &status, 1, &call->end);
        start_batch(call, (const grpc_op[]){send_headers, send, headers}, 3, &call->whole);
    } else {
        start_batch(call, (const grpc_op[]){send_headers, send, close, headers, receive, status}, 6, &call->whole);
    }
}

static void core_step(void *opened, int milliseconds) {
    struct core *core = opened;
    gpr_timespec until = milliseconds < 0
        ? gpr_inf_future(GPR_CLOCK_MONOTONIC)
        : gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(milliseconds, GPR_TIMESPAN));
    const grpc_event event = grpc_completion_queue_next(core->queue, until, NULL);
    if (event.type != GRPC_OP_COMPLETE) return;
    struct step *step = event.tag;
    step->finish(step->call);
}

int main(int argc, char **argv) {
    static const struct engine engine = {core_open, core_close, core_start, core_step};
    return etcd_commands_main(&engine, argc - 1, argv + 1);
}
