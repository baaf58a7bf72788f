//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef ETCD_FLOOR_CONNECTION_H
#define ETCD_FLOOR_CONNECTION_H

#include <nghttp2/nghttp2.h>

#include "wire.h"

struct connection {
    int socket;
    nghttp2_session *session;
    char authority[32];
    size_t open_calls;
};

// One call. The message is sent at once; `keeps_sending` leaves the client's side open, as a watch needs.
struct call {
    struct buffer request;
    bool keeps_sending;
    void (*on_message)(struct call *call, const uint8_t *message, size_t count);
    void (*on_end)(struct call *call);
    void *context;

    struct connection *connection;
    size_t sent;
    struct buffer received;
};

// Everything here ends the process with a message when something goes wrong.
void connection_open(struct connection *connection, const char *port);
void connection_close(struct connection *connection);
void connection_start(struct connection *connection, struct call *call, const char *path);

// Writes what there is to write, then waits for the server and handles what it sent. With a limit, waits no longer than that.
void connection_step(struct connection *connection, int milliseconds);

_Noreturn void floor_fail(const char *what, const char *detail);

#endif
