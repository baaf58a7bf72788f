//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import TestWaiting

extension EtcdMember {
    /// Waits until the server's own count is this. etcd has no other way to tell than to be asked.
    private func wait(for name: String, _ what: String, _ count: Int) async throws {
        try await within("the server to have \(count) \(what)") {
            while await self.metric(name) != Double(count) { try await Task.sleep(for: .milliseconds(50)) }
        }
    }

    /// Waits until the server has so many watchers.
    func waitForWatchers(_ count: Int) async throws { try await wait(for: "etcd_debugging_mvcc_watcher_total", "watchers", count) }

    /// Waits until the server has so many watch streams.
    func waitForWatchStreams(_ count: Int) async throws { try await wait(for: "etcd_debugging_mvcc_watch_stream_total", "watch streams", count) }
}
