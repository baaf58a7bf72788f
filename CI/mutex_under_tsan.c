//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// Preloaded into the tests that run under ThreadSanitizer, by CI/sanitize-thread.sh. Synchronization.Mutex takes an uncontended lock inline, where
// the sanitizer sees it, but waits for a contended one in the standard library, where it doesn't, and would call all that the lock protects a
// race. This takes the place of the waiting: it retries what the inline path does, and says so. No waiter is ever announced in the lock's word,
// so that unlocking stays inline as well.

#include <sched.h>
#include <stdint.h>

void __tsan_acquire(void *address) __attribute__((weak));

// Synchronization._MutexHandle._lockSlow(_: UInt32): the word is the owner's thread id, 0 when nobody holds the lock.
__attribute__((swiftcall)) void wait_for_mutex(uint32_t thread, __attribute__((swift_context)) void *handle)
    __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");

__attribute__((swiftcall)) void wait_for_mutex(uint32_t thread, __attribute__((swift_context)) void *handle) {
    uint32_t free = 0;
    while (!__atomic_compare_exchange_n((uint32_t *)handle, &free, thread, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        free = 0;
        sched_yield();
    }
    if (__tsan_acquire != 0) __tsan_acquire(handle);
}
