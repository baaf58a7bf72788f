//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// Run under sanitizers by CI/sanitize-c.sh: the recorded exchange cut at every offset, fed by single bytes, and with every allocation failing.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CGRPCSessionTestSupport.h"

#define CAPACITY 16384

int main(int count, char **arguments) {
    size_t length;
    uint8_t *bytes = exchange_record(&length);
    if (bytes == NULL) return 1;
    if (count > 1) {
        FILE *file = fopen(arguments[1], "wb");
        if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) return 1;
    }
    static char whole[CAPACITY], cut[CAPACITY];
    exchange_replay(bytes, length, NULL, 0, false, whole, CAPACITY);
    fputs(whole, stdout);
    int failures = 0;
    for (size_t offset = 0; offset <= length; offset++) {
        exchange_replay(bytes, length, &offset, 1, false, cut, CAPACITY);
        if (strcmp(whole, cut) != 0) {
            printf("FAILED: cut at %zu of %zu gives other events:\n%s", offset, length, cut);
            failures++;
        }
        // The connection breaks here: whatever came must be enough to end every call cleanly.
        exchange_replay(bytes, offset, NULL, 0, false, cut, CAPACITY);
    }
    exchange_replay(bytes, length, NULL, 0, true, cut, CAPACITY);
    if (strcmp(whole, cut) != 0) {
        printf("FAILED: single bytes give other events:\n%s", cut);
        failures++;
    }
    long allocations = 0;
    for (bool reached = true; reached; allocations++) {
        long held = exchange_replay_failing(bytes, length, allocations + 1, &reached);
        if (held != 0) {
            printf("FAILED: %ld allocations leak when number %ld fails\n", held, allocations + 1);
            failures++;
        }
    }
    printf("%zu cuts, %ld failing allocations, %d failures\n", length + 1, allocations, failures);
    free(bytes);
    return failures == 0 ? 0 : 1;
}
