//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include "wire.h"

#include <stdlib.h>
#include <string.h>

void buffer_append(struct buffer *buffer, const void *bytes, size_t count) {
    if (buffer->count + count > buffer->capacity) {
        size_t capacity = buffer->capacity ? buffer->capacity : 64;
        while (capacity < buffer->count + count) capacity *= 2;
        uint8_t *grown = realloc(buffer->bytes, capacity);
        if (!grown) abort();
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    memcpy(buffer->bytes + buffer->count, bytes, count);
    buffer->count += count;
}

void buffer_drop_first(struct buffer *buffer, size_t count) {
    if (count < buffer->count) memmove(buffer->bytes, buffer->bytes + count, buffer->count - count);
    buffer->count -= count;
}

void buffer_free(struct buffer *buffer) {
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

static void put_varint(struct buffer *buffer, uint64_t value) {
    uint8_t bytes[10];
    size_t count = 0;
    while (value >= 0x80) {
        bytes[count++] = (uint8_t)value | 0x80;
        value >>= 7;
    }
    bytes[count++] = (uint8_t)value;
    buffer_append(buffer, bytes, count);
}

void put_bytes(struct buffer *buffer, unsigned field, const void *bytes, size_t count) {
    if (count == 0) return;
    put_varint(buffer, (uint64_t)field << 3 | 2);
    put_varint(buffer, count);
    buffer_append(buffer, bytes, count);
}

void put_int(struct buffer *buffer, unsigned field, uint64_t value) {
    if (value == 0) return;
    put_varint(buffer, (uint64_t)field << 3);
    put_varint(buffer, value);
}

void frame_begin(struct buffer *buffer) {
    buffer->count = 0;
    buffer_append(buffer, "\0\0\0\0\0", 5);
}

void frame_end(struct buffer *buffer) {
    size_t count = buffer->count - 5;
    buffer->bytes[1] = (uint8_t)(count >> 24);
    buffer->bytes[2] = (uint8_t)(count >> 16);
    buffer->bytes[3] = (uint8_t)(count >> 8);
    buffer->bytes[4] = (uint8_t)count;
}

static bool take_varint(const uint8_t **bytes, size_t *count, uint64_t *value) {
    *value = 0;
    for (unsigned shift = 0; shift < 64 && *count > 0; shift += 7) {
        uint8_t byte = *(*bytes)++;
        --*count;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

bool next_field(const uint8_t **bytes, size_t *count, struct field *field) {
    uint64_t tag;
    if (!take_varint(bytes, count, &tag)) return false;
    *field = (struct field){.number = (unsigned)(tag >> 3)};
    switch (tag & 7) {
    case 0:
        return take_varint(bytes, count, &field->value);
    case 2:
        if (!take_varint(bytes, count, &field->value) || field->value > *count) return false;
        field->bytes = *bytes;
        field->count = (size_t)field->value;
        *bytes += field->count;
        *count -= field->count;
        return true;
    default:
        return false;
    }
}
