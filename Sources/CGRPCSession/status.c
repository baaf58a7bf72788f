//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include "session.h"

// gRPC over HTTP/2, "HTTP to gRPC status code mapping".
int32_t status_of_http(uint16_t http_status) {
    switch (http_status) {
    case 400: return GRPC_INTERNAL;
    case 401: return GRPC_UNAUTHENTICATED;
    case 403: return GRPC_PERMISSION_DENIED;
    case 404: return GRPC_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504: return GRPC_UNAVAILABLE;
    default: return GRPC_UNKNOWN;
    }
}

// gRPC over HTTP/2, "Errors".
int32_t status_of_reset(uint32_t error_code) {
    switch (error_code) {
    case NGHTTP2_REFUSED_STREAM: return GRPC_UNAVAILABLE;
    case NGHTTP2_CANCEL: return GRPC_CANCELLED;
    case NGHTTP2_ENHANCE_YOUR_CALM: return GRPC_RESOURCE_EXHAUSTED;
    case NGHTTP2_INADEQUATE_SECURITY: return GRPC_PERMISSION_DENIED;
    default: return GRPC_INTERNAL;
    }
}

bool status_parse(const uint8_t *value, size_t length, int32_t *status) {
    if (length == 0 || length > 2) return false;
    int32_t number = 0;
    for (size_t i = 0; i < length; i++) {
        if (value[i] < '0' || value[i] > '9') return false;
        number = number * 10 + (value[i] - '0');
    }
    if (number > 16) return false;
    *status = number;
    return true;
}

static int hex_digit(uint8_t byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return -1;
}

// A percent sign that no two digits follow stands for itself: peers exist that forget to encode.
size_t percent_decode(const uint8_t *source, size_t length, uint8_t *destination, size_t capacity) {
    size_t written = 0;
    for (size_t i = 0; i < length && written < capacity; i++) {
        uint8_t byte = source[i];
        if (byte == '%' && length - i > 2) {
            int high = hex_digit(source[i + 1]), low = hex_digit(source[i + 2]);
            if (high >= 0 && low >= 0) {
                byte = (uint8_t)(high * 16 + low);
                i += 2;
            }
        }
        destination[written++] = byte;
    }
    return written;
}
