//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CGRPCSessionTestSupport.h"

#define STREAM_LIMIT 512

typedef struct stream {
    char headers[4096];
    uint8_t *body;
    size_t body_length;
    bool ended;
    int64_t reset_code;
    uint8_t *out;
    size_t out_length;
    size_t out_taken;
    bool out_ended;
    char *trailers;
    bool deferred;
    bool submitted;
} stream;

struct scripted_server {
    nghttp2_session *http2;
    stream *streams[STREAM_LIMIT];
    size_t request_count;
    uint32_t ping_acks;
    uint32_t pings;
    const uint8_t *output;
    size_t output_length;
};

static stream *stream_of(const scripted_server *server, int32_t id) {
    return id > 0 && id / 2 < STREAM_LIMIT ? server->streams[id / 2] : NULL;
}

static int on_begin_headers(nghttp2_session *http2, const nghttp2_frame *frame, void *user) {
    (void)http2;
    scripted_server *server = user;
    int32_t id = frame->hd.stream_id;
    if (id / 2 >= STREAM_LIMIT || server->streams[id / 2] != NULL) return 0;
    stream *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL) return NGHTTP2_ERR_CALLBACK_FAILURE;
    fresh->reset_code = -1;
    server->streams[id / 2] = fresh;
    server->request_count++;
    return 0;
}

static int on_header(
    nghttp2_session *http2, const nghttp2_frame *frame, const uint8_t *name, size_t name_length, const uint8_t *value, size_t value_length,
    uint8_t flags, void *user) {
    (void)http2;
    stream *request = stream_of(user, frame->hd.stream_id);
    if (request == NULL) return 0;
    size_t used = strlen(request->headers);
    snprintf(
        request->headers + used, sizeof request->headers - used, "%s%.*s: %.*s\n", (flags & NGHTTP2_NV_FLAG_NO_INDEX) != 0 ? "!" : "",
        (int)name_length, (const char *)name, (int)value_length, (const char *)value);
    return 0;
}

static int on_data_chunk(nghttp2_session *http2, uint8_t flags, int32_t id, const uint8_t *bytes, size_t length, void *user) {
    (void)http2;
    (void)flags;
    stream *request = stream_of(user, id);
    if (request == NULL) return 0;
    uint8_t *moved = realloc(request->body, request->body_length + length + 1);
    if (moved == NULL) return NGHTTP2_ERR_CALLBACK_FAILURE;
    memcpy(moved + request->body_length, bytes, length);
    request->body = moved;
    request->body_length += length;
    return 0;
}

static int on_frame(nghttp2_session *http2, const nghttp2_frame *frame, void *user) {
    (void)http2;
    scripted_server *server = user;
    stream *request = stream_of(server, frame->hd.stream_id);
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
        if (request != NULL && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) request->ended = true;
        break;
    case NGHTTP2_RST_STREAM:
        if (request != NULL) request->reset_code = frame->rst_stream.error_code;
        break;
    case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) server->ping_acks++;
        else server->pings++;
        break;
    default: break;
    }
    return 0;
}

scripted_server *scripted_server_create(uint32_t maximum_concurrent_streams) {
    scripted_server *server = calloc(1, sizeof *server);
    if (server == NULL) return NULL;
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0) abort();
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    // A script may answer with what no server should.
    nghttp2_option_set_no_http_messaging(option, 1);
    if (nghttp2_session_server_new2(&server->http2, callbacks, server, option) != 0) abort();
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_settings_entry entry = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, maximum_concurrent_streams};
    nghttp2_submit_settings(server->http2, NGHTTP2_FLAG_NONE, &entry, 1);
    return server;
}

void scripted_server_destroy(scripted_server *server) {
    nghttp2_session_del(server->http2);
    for (size_t i = 0; i < STREAM_LIMIT; i++) {
        stream *stream = server->streams[i];
        if (stream == NULL) continue;
        free(stream->body);
        free(stream->out);
        free(stream->trailers);
        free(stream);
    }
    free(server);
}

bool scripted_server_receive(scripted_server *server, const uint8_t *bytes, size_t length) {
    return nghttp2_session_mem_recv(server->http2, bytes, length) == (ssize_t)length;
}

size_t scripted_server_take_output(scripted_server *server, uint8_t *buffer, size_t capacity) {
    size_t written = 0;
    while (written < capacity) {
        if (server->output_length == 0) {
            ssize_t result = nghttp2_session_mem_send(server->http2, &server->output);
            if (result <= 0) break;
            server->output_length = (size_t)result;
        }
        size_t part = server->output_length < capacity - written ? server->output_length : capacity - written;
        memcpy(buffer + written, server->output, part);
        server->output += part;
        server->output_length -= part;
        written += part;
    }
    return written;
}

int64_t scripted_server_reset_code(const scripted_server *server, int32_t id) {
    const stream *request = stream_of(server, id);
    return request == NULL ? -1 : request->reset_code;
}

size_t scripted_server_request_count(const scripted_server *server) { return server->request_count; }

bool scripted_server_request_ended(const scripted_server *server, int32_t id) {
    const stream *request = stream_of(server, id);
    return request != NULL && request->ended;
}

bool scripted_server_answered(const scripted_server *server, int32_t id) {
    const stream *request = stream_of(server, id);
    return request != NULL && request->submitted;
}

const uint8_t *scripted_server_request_body(const scripted_server *server, int32_t id, size_t *length) {
    const stream *request = stream_of(server, id);
    *length = request == NULL ? 0 : request->body_length;
    return request == NULL ? NULL : request->body;
}

const char *scripted_server_request_headers(const scripted_server *server, int32_t id) {
    const stream *request = stream_of(server, id);
    return request == NULL ? "" : request->headers;
}

int32_t scripted_server_window(scripted_server *server, int32_t id) {
    int32_t connection = nghttp2_session_get_remote_window_size(server->http2);
    int32_t own = nghttp2_session_get_stream_remote_window_size(server->http2, id);
    return own < connection ? own : connection;
}

uint32_t scripted_server_ping_acks(const scripted_server *server) { return server->ping_acks; }
uint32_t scripted_server_pings(const scripted_server *server) { return server->pings; }

static size_t parse_lines(const char *lines, nghttp2_nv *fields, size_t limit) {
    size_t count = 0;
    while (*lines != 0 && count < limit) {
        const char *end = strchr(lines, '\n');
        if (end == NULL) end = lines + strlen(lines);
        const char *colon = strchr(lines + 1, ':');
        const char *value = colon + 1;
        if (value < end && *value == ' ') value++;
        fields[count++] = (nghttp2_nv){
            (uint8_t *)lines, (uint8_t *)value, (size_t)(colon - lines), (size_t)(end - value), NGHTTP2_NV_FLAG_NONE};
        lines = *end == 0 ? end : end + 1;
    }
    return count;
}

static ssize_t read_body(
    nghttp2_session *http2, int32_t id, uint8_t *buffer, size_t capacity, uint32_t *flags, nghttp2_data_source *source, void *user) {
    (void)source;
    stream *answer = stream_of(user, id);
    size_t part = answer->out_length - answer->out_taken;
    if (part > capacity) part = capacity;
    if (part > 0) memcpy(buffer, answer->out + answer->out_taken, part);
    answer->out_taken += part;
    if (answer->out_taken < answer->out_length) return (ssize_t)part;
    if (answer->trailers != NULL) {
        nghttp2_nv fields[64];
        size_t count = parse_lines(answer->trailers, fields, 64);
        *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        nghttp2_submit_trailer(http2, id, fields, count);
    } else if (answer->out_ended) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    } else if (part == 0) {
        answer->deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    return (ssize_t)part;
}

void scripted_server_headers(scripted_server *server, int32_t id, const char *lines, bool end) {
    nghttp2_nv fields[1024];
    size_t count = parse_lines(lines, fields, 1024);
    stream *request = stream_of(server, id);
    if (request != NULL && strncmp(lines, ":status: 1", 10) != 0) request->submitted = true;
    if (end) {
        nghttp2_submit_headers(server->http2, NGHTTP2_FLAG_END_STREAM, id, NULL, fields, count, NULL);
        return;
    }
    if (strncmp(lines, ":status: 1", 10) == 0) {
        nghttp2_submit_headers(server->http2, NGHTTP2_FLAG_NONE, id, NULL, fields, count, NULL);
        return;
    }
    nghttp2_data_provider provider = {.source = {.ptr = NULL}, .read_callback = read_body};
    nghttp2_submit_response(server->http2, id, fields, count, &provider);
}

static void resume(scripted_server *server, int32_t id, stream *answer) {
    if (!answer->deferred) return;
    answer->deferred = false;
    nghttp2_session_resume_data(server->http2, id);
}

void scripted_server_data(scripted_server *server, int32_t id, const uint8_t *bytes, size_t length, bool end) {
    stream *answer = stream_of(server, id);
    if (answer == NULL) return;
    uint8_t *moved = realloc(answer->out, answer->out_length + length + 1);
    if (moved == NULL) abort();
    if (length > 0) memcpy(moved + answer->out_length, bytes, length);
    answer->out = moved;
    answer->out_length += length;
    answer->out_ended = end;
    resume(server, id, answer);
}

void scripted_server_trailers(scripted_server *server, int32_t id, const char *lines) {
    stream *answer = stream_of(server, id);
    if (answer == NULL) return;
    size_t length = strlen(lines) + 1;
    answer->trailers = malloc(length);
    if (answer->trailers == NULL) abort();
    memcpy(answer->trailers, lines, length);
    resume(server, id, answer);
}

void scripted_server_reset(scripted_server *server, int32_t id, uint32_t code) {
    nghttp2_submit_rst_stream(server->http2, NGHTTP2_FLAG_NONE, id, code);
}

void scripted_server_goaway(scripted_server *server, int32_t last_stream, uint32_t code, const char *text) {
    nghttp2_submit_goaway(server->http2, NGHTTP2_FLAG_NONE, last_stream, code, (const uint8_t *)text, strlen(text));
}

void scripted_server_ping(scripted_server *server) { nghttp2_submit_ping(server->http2, NGHTTP2_FLAG_NONE, NULL); }

void scripted_server_initial_window(scripted_server *server, uint32_t window) {
    nghttp2_settings_entry entry = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window};
    nghttp2_submit_settings(server->http2, NGHTTP2_FLAG_NONE, &entry, 1);
}
