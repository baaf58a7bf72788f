//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// The least that a client of etcd can cost: nghttp2, a blocking socket, messages made by hand. It has no errors worth the name and no comfort;
// benchmarks run it in a process of its own and compare.

#ifndef ETCD_FLOOR_H
#define ETCD_FLOOR_H

// Runs one command and prints, on a line: CPU, wall clock and median latency in microseconds, operations, peak RSS in KiB.
//
//   range SERVER KEY IN_FLIGHT OPERATIONS
//   put SERVER PREFIX IN_FLIGHT OPERATIONS KEYS RATE    (rate per second; 0 for as fast as it goes)
//   pages SERVER PREFIX PAGE_SIZE
//   watch SERVER PREFIX START_REVISION EVENTS           (prints "ready" first, when the server has made the watch)
//
// SERVER is PORT, or PORT,AUTHORITY,CERTIFICATE,KEY for TLS with these PEM files. Returns the process's exit status.
int etcd_floor_main(int argc, char *const *argv);

#endif
