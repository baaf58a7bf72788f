//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// Records what a real etcd answers to the calls that the session fuzzer has open: unary ones on streams 1 to 9, streams from 11 on. Writes the bytes
// of the connection as FOLDER/session/NAME, the messages in them, each after a byte for its kind, as FOLDER/decode/NAME-N, and the watches'
// messages as steps of WatchReassembly, once for a stream that is shared and once for one that isn't, as FOLDER/watch/NAME-shared and -own.
// Run by CI/record-fuzz-seeds.sh.
//
//   record_seeds FOLDER NAME PORT [AUTHORITY CERTIFICATE KEY]

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "CEtcdMessages.h"
#include "CGRPCSession.h"

enum { RANGE = 0, PUT = 1, DELETE_RANGE = 2, TXN = 3, WATCH = 4, OTHER = 5 };

struct recorder {
    const char *folder;
    const char *name;
    int socket;
    SSL *tls;
    grpc_session *session;
    FILE *bytes;
    FILE *steps[2];
    int messages;
    int ended;
    int waiting_for_watch;
    bool closed;
};

_Noreturn static void fail(const char *what) {
    fprintf(stderr, "record_seeds: %s: %s\n", what, ERR_error_string(ERR_get_error(), NULL));
    exit(1);
}

static FILE *create(const struct recorder *recorder, const char *kind, const char *suffix) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s/%s%s", recorder->folder, kind, recorder->name, suffix);
    FILE *file = fopen(path, "wb");
    if (file == NULL) fail(path);
    return file;
}

static void connect_to(struct recorder *recorder, char **arguments, bool tls) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[0])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    recorder->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(recorder->socket, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    if (!tls) return;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL || SSL_CTX_load_verify_locations(context, arguments[1], NULL) != 1
        || SSL_CTX_use_certificate_chain_file(context, arguments[2]) != 1
        || SSL_CTX_use_PrivateKey_file(context, arguments[3], SSL_FILETYPE_PEM) != 1
        || SSL_CTX_set_alpn_protos(context, (const uint8_t *)"\x02h2", 3) != 0) fail("certificates");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    recorder->tls = SSL_new(context);
    if (recorder->tls == NULL || SSL_set_fd(recorder->tls, recorder->socket) != 1 || SSL_connect(recorder->tls) != 1) fail("TLS");
}

static void write_output(struct recorder *recorder) {
    uint8_t output[16384];
    size_t count;
    while ((count = grpc_session_take_output(recorder->session, output, sizeof output)) > 0) {
        long written = recorder->tls ? SSL_write(recorder->tls, output, (int)count) : write(recorder->socket, output, count);
        if (written != (long)count) recorder->closed = true;
    }
}

static void keep_message(struct recorder *recorder, const grpc_session_event *event) {
    char suffix[16];
    snprintf(suffix, sizeof suffix, "-%02d", recorder->messages++);
    FILE *file = create(recorder, "decode", suffix);
    fputc((int)event->user, file);
    fwrite(event->bytes, 1, event->length, file);
    fclose(file);
}

static void keep_step(struct recorder *recorder, const grpc_session_event *event) {
    for (int own = 0; own < 2; own++) {
        const uint8_t head[] = {own ? 8 : 0, (uint8_t)event->length, (uint8_t)(event->length >> 8)};
        fwrite(head, 1, sizeof head, recorder->steps[own]);
        fwrite(event->bytes, 1, event->length, recorder->steps[own]);
    }
}

// Reads once; false when the server has closed.
static bool step(struct recorder *recorder) {
    write_output(recorder);
    uint8_t input[16384];
    long count = recorder->tls ? SSL_read(recorder->tls, input, sizeof input) : read(recorder->socket, input, sizeof input);
    if (count <= 0) return false;
    fwrite(input, 1, (size_t)count, recorder->bytes);
    for (size_t taken = 0; taken < (size_t)count;) {
        taken += grpc_session_receive(recorder->session, input + taken, (size_t)count - taken);
        grpc_session_event event;
        while (grpc_session_next_event(recorder->session, &event)) {
            if (event.kind == GRPC_SESSION_EVENT_ENDED) recorder->ended++;
            if (event.kind != GRPC_SESSION_EVENT_MESSAGE) continue;
            keep_message(recorder, &event);
            if (event.user != WATCH) continue;
            keep_step(recorder, &event);
            recorder->waiting_for_watch--;
        }
    }
    return !recorder->closed;
}

static void call(struct recorder *recorder, const char *path, int kind, bool unary, const void *message) {
    uint8_t packed[1024];
    if (protobuf_c_message_get_packed_size(message) > sizeof packed) fail(path);
    size_t length = protobuf_c_message_pack(message, packed);
    grpc_session_call id;
    if (grpc_session_start(recorder->session, path, strlen(path), NULL, 0, 0, unary, (uint64_t)kind, &id) != GRPC_SESSION_OK) fail(path);
    grpc_session_send(recorder->session, id, packed, length, unary);
    for (int ended = recorder->ended; unary && recorder->ended == ended;)
        if (!step(recorder)) fail(path);
}

static ProtobufCBinaryData text(const char *text) { return (ProtobufCBinaryData){strlen(text), (uint8_t *)text}; }

static void unary_calls(struct recorder *recorder) {
    Etcdserverpb__PutRequest put = ETCDSERVERPB__PUT_REQUEST__INIT;
    put.key = text("/seed/b");
    put.value = text("{\"kind\":\"Widget\",\"spec\":{\"text\":\"0123456789\"}}");
    put.prev_kv = true;
    call(recorder, "/etcdserverpb.KV/Put", PUT, true, &put);

    Etcdserverpb__RangeRequest range = ETCDSERVERPB__RANGE_REQUEST__INIT;
    range.key = text("/seed/");
    range.range_end = text("/seed0");
    range.limit = 3;
    call(recorder, "/etcdserverpb.KV/Range", RANGE, true, &range);

    Etcdserverpb__RangeRequest late = ETCDSERVERPB__RANGE_REQUEST__INIT;
    late.key = text("/seed/a");
    late.revision = 1000000;
    call(recorder, "/etcdserverpb.KV/Range", RANGE, true, &late);

    Etcdserverpb__RequestOp get = ETCDSERVERPB__REQUEST_OP__INIT, set = ETCDSERVERPB__REQUEST_OP__INIT, drop = ETCDSERVERPB__REQUEST_OP__INIT,
                            nest = ETCDSERVERPB__REQUEST_OP__INIT;
    Etcdserverpb__DeleteRangeRequest erase = ETCDSERVERPB__DELETE_RANGE_REQUEST__INIT;
    erase.key = text("/seed/c");
    erase.prev_kv = true;
    get.request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_RANGE;
    get.request_range = &range;
    set.request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_PUT;
    set.request_put = &put;
    drop.request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_DELETE_RANGE;
    drop.request_delete_range = &erase;
    Etcdserverpb__RequestOp *inner_operations[] = {&get};
    Etcdserverpb__TxnRequest inner = ETCDSERVERPB__TXN_REQUEST__INIT, outer = ETCDSERVERPB__TXN_REQUEST__INIT;
    inner.n_success = 1;
    inner.success = inner_operations;
    nest.request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_TXN;
    nest.request_txn = &inner;
    Etcdserverpb__RequestOp *operations[] = {&get, &set, &drop, &nest};
    outer.n_success = 4;
    outer.success = operations;
    call(recorder, "/etcdserverpb.KV/Txn", TXN, true, &outer);

    erase.key = text("/seed/d");
    call(recorder, "/etcdserverpb.KV/DeleteRange", DELETE_RANGE, true, &erase);
}

static void streams(struct recorder *recorder) {
    Etcdserverpb__WatchCreateRequest create = ETCDSERVERPB__WATCH_CREATE_REQUEST__INIT;
    Etcdserverpb__WatchRequest request = ETCDSERVERPB__WATCH_REQUEST__INIT;
    request.request_union_case = ETCDSERVERPB__WATCH_REQUEST__REQUEST_UNION_CREATE_REQUEST;
    request.create_request = &create;
    create.key = text("/seed/");
    create.range_end = text("/seed0");
    create.start_revision = 3;
    create.prev_kv = true;
    create.fragment = true;
    call(recorder, "/etcdserverpb.Watch/Watch", WATCH, false, &request);

    Etcdserverpb__LeaseKeepAliveRequest keep = ETCDSERVERPB__LEASE_KEEP_ALIVE_REQUEST__INIT;
    keep.id = 42;
    call(recorder, "/etcdserverpb.Lease/LeaseKeepAlive", OTHER, false, &keep);

    // Compacted by the script.
    create.start_revision = 1;
    call(recorder, "/etcdserverpb.Watch/Watch", WATCH, false, &request);
    // Two say that they are made, one its events, one that it is cancelled.
    recorder->waiting_for_watch = 4;
    while (recorder->waiting_for_watch > 0)
        if (!step(recorder)) fail("watch");
}

int main(int count, char **arguments) {
    if (count != 4 && count != 7) fail("usage: record_seeds FOLDER NAME PORT [AUTHORITY CERTIFICATE KEY]");
    signal(SIGPIPE, SIG_IGN);
    struct recorder recorder = {.folder = arguments[1], .name = arguments[2]};
    connect_to(&recorder, arguments + 3, count == 7);
    grpc_session_configuration configuration = {
        .scheme = count == 7 ? "https" : "http", .authority = "127.0.0.1", .user_agent = "seeds", .stream_window = 65535,
        .connection_window = 1 << 20, .maximum_header_list_size = 16384, .maximum_message_size = 1 << 20, .maximum_idle_frames = 10000,
    };
    recorder.session = grpc_session_create(&configuration);
    recorder.bytes = create(&recorder, "session", "");
    recorder.steps[0] = create(&recorder, "watch", "-shared");
    recorder.steps[1] = create(&recorder, "watch", "-own");
    // Mode and step of the fuzzer: consume, whole.
    fputc(1, recorder.bytes);
    fputc(0, recorder.bytes);
    if (recorder.session == NULL) fail("session");
    unary_calls(&recorder);
    streams(&recorder);
    // The script stops the server now, which says GOAWAY.
    puts("ready");
    fflush(stdout);
    while (step(&recorder)) {}
    fclose(recorder.bytes);
    fclose(recorder.steps[0]);
    fclose(recorder.steps[1]);
    grpc_session_destroy(recorder.session);
    return 0;
}
