//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import Foundation
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

@Suite("Ends of watches, on a real etcd")
struct WatchEndTests {
    enum End: CaseIterable, Sendable {
        case canceled, letGo, taskCanceled, clientStopped
    }

    @Test("However a watch ends here, the server's watcher ends too", arguments: End.allCases)
    func serverIsTold(end: End) async throws {
        try await EtcdCluster.withCluster { cluster in
            let member = try #require(cluster.members.first)
            try await withClient(of: cluster.endpoints) { client in
                if end == .clientStopped {
                    try await withClient(of: cluster.endpoints) { try await open(10, $0, member, end) }
                } else {
                    try await open(10, client, member, end)
                }
                try await waitForWatchers(0, at: member)
                #expect(try await client.range(.key("a")).count == 1, "the client goes on")
            }
        }
    }

    /// Opens watches that have all delivered something, and ends them.
    private func open(_ count: Int, _ client: EtcdClient, _ member: EtcdMember, _ end: End) async throws {
        try await within("\(count) watches") {
            try await withThrowingTaskGroup(of: Void.self) { group in
                let revision = try await client.range(.key("a")).header.revision
                try await client.put("a", "1")
                var watches: [EtcdWatch] = []
                for _ in 0..<count {
                    let watch = try await client.watch(.key("a"), options: .init(startRevision: revision + 1))
                    #expect(try await watch.nextBatch()?.events.count == 1)
                    watches.append(watch)
                }
                try await waitForWatchers(count, at: member)
                switch end {
                case .canceled:
                    // Also while a reader waits, which then gets nil.
                    for watch in watches {
                        group.addTask {
                            let batch = try await watch.nextBatch()
                            #expect(batch == nil)
                        }
                    }
                    for watch in watches { watch.cancel() }
                    try await group.waitForAll()
                    for watch in watches { #expect(try await watch.nextBatch() == nil) }
                case .letGo: watches = []
                case .taskCanceled:
                    for watch in watches {
                        group.addTask { #expect(await failure { _ = try await watch.nextBatch() }?.code == .canceled) }
                    }
                    group.cancelAll()
                    await group.waitForAll(ignoringErrors: ())
                case .clientStopped: break
                }
            }
        }
    }

    @Test("Cancelling a watch that can't reach the server ends its reader at once")
    func canceledWhileUnreachable() async throws {
        try await EtcdCluster.withCluster { cluster in
            let member = try #require(cluster.members.first)
            try await withClient(of: cluster.endpoints) { client in
                let watch = try await client.watch(.key("a"))
                await member.kill()
                try await within("the end of a watch") {
                    try await withThrowingTaskGroup(of: WatchBatch?.self) { group in
                        group.addTask { try await watch.nextBatch() }
                        watch.cancel()
                        let batch = try await group.next()
                        #expect(batch == .some(nil))
                    }
                }
            }
        }
    }

    /// Waits until the server's own count of watchers is this. etcd has no other way to tell than to be asked.
    private func waitForWatchers(_ count: Int, at member: EtcdMember) async throws {
        let url = try #require(URL(string: member.metricsURL + "/metrics"))
        try await within("the server to have \(count) watchers") {
            while true {
                let (data, _) = try await URLSession.shared.data(from: url)
                let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("etcd_debugging_mvcc_watcher_total ") }
                if let number = line?.split(separator: " ").last, Double(number) == Double(count) { return }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}

extension ThrowingTaskGroup where ChildTaskResult == Void {
    fileprivate mutating func waitForAll(ignoringErrors: Void) async {
        while let result = await nextResult() { _ = result }
    }
}
