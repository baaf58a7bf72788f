//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef ETCD_FLOOR_WIRE_H
#define ETCD_FLOOR_WIRE_H

#include "EtcdEngine.h"

void buffer_append(struct buffer *buffer, const void *bytes, size_t count);
void buffer_drop_first(struct buffer *buffer, size_t count);
void buffer_free(struct buffer *buffer);

// Protobuf fields; empty bytes and zero are left out.
void put_bytes(struct buffer *buffer, unsigned field, const void *bytes, size_t count);
void put_int(struct buffer *buffer, unsigned field, uint64_t value);

// The five bytes before a message; `frame_begin` reserves them, `frame_end` fills them in.
void frame_begin(struct buffer *buffer);
void frame_end(struct buffer *buffer);

struct field {
    unsigned number;
    uint64_t value;         // a varint's
    const uint8_t *bytes;   // a string's or message's
    size_t count;
};

// Takes the next field off the front of a message. False at its end, and when it is malformed.
bool next_field(const uint8_t **bytes, size_t *count, struct field *field);

#endif
