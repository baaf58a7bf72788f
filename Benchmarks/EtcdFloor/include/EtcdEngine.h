//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// What carries the calls of the commands in EtcdFloor.h. All of it ends the process with a message when something goes wrong.

#ifndef ETCD_ENGINE_H
#define ETCD_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *bytes;
    size_t count;
    size_t capacity;
};

// Where a connection goes, on the loopback interface. Without an authority it is plain.
struct server {
    char port[8];
    char address[32];       // 127.0.0.1:PORT
    char authority[256];    // PEM files: who signed the server's certificate, and the client's own
    char certificate[256];
    char key[256];
};

// One call. The message is sent at once; `keeps_sending` leaves the client's side open, as a watch needs.
struct call {
    struct buffer request;  // with the five bytes that precede a message
    bool keeps_sending;
    void (*on_message)(struct call *call, const uint8_t *message, size_t count);
    void (*on_end)(struct call *call);
    void *context;

    // The engine's own.
    size_t sent;
    struct buffer received;
    void *state;
};

struct engine {
    void *(*open)(const struct server *server);
    void (*close)(void *connection);
    // Starts a call, which must stay where it is until it ends.
    void (*start)(void *connection, struct call *call, const char *path);
    // Writes what there is to write, then waits for the server and handles what it sent. With a limit that isn't negative, waits no longer than that.
    void (*step)(void *connection, int milliseconds);
};

// Runs one command, see EtcdFloor.h. Returns the process's exit status.
int etcd_commands_main(const struct engine *engine, int argc, char *const *argv);

_Noreturn void floor_fail(const char *what, const char *detail);

#endif
