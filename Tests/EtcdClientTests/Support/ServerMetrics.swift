//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

extension EtcdMember {
    /// A number that the server tells about itself; nil when it has none of that name.
    func metric(_ name: String) async throws -> Double? {
        guard let url = URL(string: metricsURL + "/metrics") else { return nil }
        let (data, _) = try await URLSession.shared.data(from: url)
        let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line?.split(separator: " ").last.flatMap { Double($0) }
    }

    /// Waits until the server's own count is this. etcd has no other way to tell than to be asked.
    private func wait(for name: String, _ what: String, _ count: Int) async throws {
        try await within("the server to have \(count) \(what)") {
            while try await self.metric(name) != Double(count) { try await Task.sleep(for: .milliseconds(50)) }
        }
    }

    /// Waits until the server has so many watchers.
    func waitForWatchers(_ count: Int) async throws { try await wait(for: "etcd_debugging_mvcc_watcher_total", "watchers", count) }

    /// Waits until the server has so many watch streams.
    func waitForWatchStreams(_ count: Int) async throws { try await wait(for: "etcd_debugging_mvcc_watch_stream_total", "watch streams", count) }
}
