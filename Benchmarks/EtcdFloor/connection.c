//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include "EtcdFloor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "wire.h"

static const int window = 64 << 20;

struct connection {
    int socket;
    SSL *tls;    // NULL for a plain one
    nghttp2_session *session;
    char authority[32];
};

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
    (void)context;
    struct call *call = nghttp2_session_get_stream_user_data(session, stream);
    if (!call) return 0;
    if (code != NGHTTP2_NO_ERROR) floor_fail("stream", nghttp2_http2_strerror(code));
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

_Noreturn static void tls_fail(const char *what) { floor_fail(what, ERR_error_string(ERR_get_error(), NULL)); }

static SSL *tls_on(int socket, const struct server *server) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context || SSL_CTX_load_verify_locations(context, server->authority, NULL) != 1
        || SSL_CTX_use_certificate_chain_file(context, server->certificate) != 1
        || SSL_CTX_use_PrivateKey_file(context, server->key, SSL_FILETYPE_PEM) != 1
        || SSL_CTX_set_alpn_protos(context, (const uint8_t *)"\x02h2", 3) != 0) tls_fail("certificates");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL *tls = SSL_new(context);
    if (!tls || SSL_set_fd(tls, socket) != 1 || SSL_connect(tls) != 1) tls_fail("TLS");
    SSL_CTX_free(context);
    return tls;
}

static void *connection_open(const struct server *server) {
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) abort();
    connection->socket = connected_socket(server->port);
    if (server->authority[0]) connection->tls = tls_on(connection->socket, server);
    memcpy(connection->authority, server->address, sizeof connection->authority);
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
    return connection;
}

static void connection_close(void *opened) {
    struct connection *connection = opened;
    nghttp2_session_del(connection->session);
    if (connection->tls) SSL_free(connection->tls);
    close(connection->socket);
    free(connection);
}

#define HEADER(name, value) \
    (nghttp2_nv) { \
        (uint8_t *)(name), (uint8_t *)(value), strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE \
    }

static void connection_start(void *opened, struct call *call, const char *path) {
    struct connection *connection = opened;
    const nghttp2_nv headers[] = {
        HEADER(":method", "POST"), HEADER(":scheme", connection->tls ? "https" : "http"), HEADER(":path", path), HEADER(":authority", connection->authority),
        HEADER("te", "trailers"), HEADER("content-type", "application/grpc"),
    };
    call->sent = 0;
    call->received.count = 0;
    nghttp2_data_provider provider = {.source.ptr = call, .read_callback = read_request};
    check(nghttp2_submit_request(connection->session, NULL, headers, sizeof headers / sizeof *headers, &provider, call), "request");
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
        ssize_t written;
        if (connection->tls) {
            written = SSL_write(connection->tls, output.bytes + done, (int)(output.count - done));
            if (written <= 0) tls_fail("write");
        } else {
            written = write(connection->socket, output.bytes + done, output.count - done);
            if (written < 0 && errno != EINTR) floor_fail("write", strerror(errno));
        }
        if (written > 0) done += (size_t)written;
    }
}

static ssize_t read_some(struct connection *connection, uint8_t *bytes, size_t count) {
    if (!connection->tls) {
        ssize_t result = read(connection->socket, bytes, count);
        if (result < 0 && errno != EINTR) floor_fail("read", strerror(errno));
        return result;
    }
    // One record at a time; those that are there already are joined, so that their answers are written together.
    size_t taken = 0;
    do {
        int result = SSL_read(connection->tls, bytes + taken, (int)(count - taken));
        if (result <= 0) tls_fail("read");
        taken += (size_t)result;
    } while (taken < count && SSL_pending(connection->tls) > 0);
    return (ssize_t)taken;
}

static void connection_step(void *opened, int milliseconds) {
    static uint8_t input[256 << 10];
    struct connection *connection = opened;
    write_all(connection);
    if (milliseconds >= 0 && !(connection->tls && SSL_pending(connection->tls) > 0)) {
        struct pollfd descriptor = {.fd = connection->socket, .events = POLLIN};
        if (poll(&descriptor, 1, milliseconds) <= 0) return;
    }
    ssize_t count = read_some(connection, input, sizeof input);
    if (count < 0) return;
    if (count == 0) floor_fail("read", "the server closed the connection");
    check((int)nghttp2_session_mem_recv(connection->session, input, (size_t)count), "receive");
}

int etcd_floor_main(int argc, char *const *argv) {
    static const struct engine engine = {connection_open, connection_close, connection_start, connection_step};
    return etcd_commands_main(&engine, argc, argv);
}
