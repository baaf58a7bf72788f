//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static const int window = 64 << 20;

void floor_fail(const char *what, const char *detail) {
    fprintf(stderr, "floor: %s: %s\n", what, detail);
    exit(1);
}

static void check(int result, const char *what) {
    if (result < 0) floor_fail(what, nghttp2_strerror(result));
}

static ssize_t read_request(
    nghttp2_session *session, int32_t stream, uint8_t *bytes, size_t count, uint32_t *flags, nghttp2_data_source *source, void *context) {
    (void)session, (void)stream, (void)context;
    struct call *call = source->ptr;
    size_t left = call->request.count - call->sent;
    if (left == 0) return NGHTTP2_ERR_DEFERRED;
    if (count > left) count = left;
    memcpy(bytes, call->request.bytes + call->sent, count);
    call->sent += count;
    if (count == left && !call->keeps_sending) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)count;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t count, void *context) {
    (void)flags, (void)context;
    struct call *call = nghttp2_session_get_stream_user_data(session, stream);
    if (!call) return 0;
    buffer_append(&call->received, bytes, count);
    size_t taken = 0;
    while (call->received.count - taken >= 5) {
        const uint8_t *frame = call->received.bytes + taken;
        size_t length = (size_t)frame[1] << 24 | (size_t)frame[2] << 16 | (size_t)frame[3] << 8 | frame[4];
        if (call->received.count - taken < 5 + length) break;
        call->on_message(call, frame + 5, length);
        taken += 5 + length;
    }
    if (taken) buffer_drop_first(&call->received, taken);
    return 0;
}

static int on_header(
    nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_count, const uint8_t *value, size_t value_count,
    uint8_t flags, void *context) {
    (void)session, (void)frame, (void)flags, (void)context;
    bool is_status = name_count == 11 && memcmp(name, "grpc-status", 11) == 0;
    if (is_status && !(value_count == 1 && value[0] == '0')) floor_fail("grpc-status", (const char *)value);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t code, void *context) {
    struct connection *connection = context;
    struct call *call = nghttp2_session_get_stream_user_data(session, stream);
    if (!call) return 0;
    if (code != NGHTTP2_NO_ERROR) floor_fail("stream", nghttp2_http2_strerror(code));
    connection->open_calls--;
    call->on_end(call);
    return 0;
}

static int connected_socket(const char *port) {
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) floor_fail("connect", strerror(errno));
    int yes = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return descriptor;
}

void connection_open(struct connection *connection, const char *port) {
    *connection = (struct connection){.socket = connected_socket(port)};
    snprintf(connection->authority, sizeof connection->authority, "127.0.0.1:%s", port);
    nghttp2_session_callbacks *callbacks;
    check(nghttp2_session_callbacks_new(&callbacks), "callbacks");
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    check(nghttp2_session_client_new(&connection->session, callbacks, connection), "session");
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, (uint32_t)window},
    };
    check(nghttp2_submit_settings(connection->session, NGHTTP2_FLAG_NONE, settings, 2), "settings");
    check(nghttp2_session_set_local_window_size(connection->session, NGHTTP2_FLAG_NONE, 0, window), "window");
}

void connection_close(struct connection *connection) {
    nghttp2_session_del(connection->session);
    close(connection->socket);
}

#define HEADER(name, value) \
    (nghttp2_nv) { \
        (uint8_t *)(name), (uint8_t *)(value), strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE \
    }

void connection_start(struct connection *connection, struct call *call, const char *path) {
    const nghttp2_nv headers[] = {
        HEADER(":method", "POST"), HEADER(":scheme", "http"), HEADER(":path", path), HEADER(":authority", connection->authority),
        HEADER("te", "trailers"), HEADER("content-type", "application/grpc"),
    };
    call->connection = connection;
    call->sent = 0;
    call->received.count = 0;
    nghttp2_data_provider provider = {.source.ptr = call, .read_callback = read_request};
    check(nghttp2_submit_request(connection->session, NULL, headers, sizeof headers / sizeof *headers, &provider, call), "request");
    connection->open_calls++;
}

static void write_all(struct connection *connection) {
    // Frames are joined, so that many small ones take one system call.
    static struct buffer output;
    output.count = 0;
    for (;;) {
        const uint8_t *bytes;
        ssize_t count = nghttp2_session_mem_send(connection->session, &bytes);
        check((int)count, "send");
        if (count == 0) break;
        buffer_append(&output, bytes, (size_t)count);
    }
    for (size_t done = 0; done < output.count;) {
        ssize_t written = write(connection->socket, output.bytes + done, output.count - done);
        if (written < 0 && errno != EINTR) floor_fail("write", strerror(errno));
        if (written > 0) done += (size_t)written;
    }
}

void connection_step(struct connection *connection, int milliseconds) {
    static uint8_t input[256 << 10];
    write_all(connection);
    if (milliseconds >= 0) {
        struct pollfd descriptor = {.fd = connection->socket, .events = POLLIN};
        if (poll(&descriptor, 1, milliseconds) <= 0) return;
    }
    ssize_t count = read(connection->socket, input, sizeof input);
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) floor_fail("read", count ? strerror(errno) : "the server closed the connection");
    check((int)nghttp2_session_mem_recv(connection->session, input, (size_t)count), "receive");
}
