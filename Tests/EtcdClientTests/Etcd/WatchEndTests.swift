//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import TestWaiting
import Testing

@Suite("Ends of watches, on a real etcd")
struct WatchEndTests {
    enum End: CaseIterable, Sendable {
        case canceled, letGo, taskCanceled, clientStopped
    }

    @Test("However a watch ends here, the server's watcher ends too", arguments: End.allCases, [.shared, .dedicated] as [WatchOptions.Stream])
    func serverIsTold(end: End, stream: WatchOptions.Stream) async throws {
        try await withOwnCluster { client, cluster in
            let member = try #require(cluster.members.first)
            if end == .clientStopped {
                try await withClient(of: cluster.endpoints) { try await open(10, $0, member, end, stream) }
            } else {
                try await open(10, client, member, end, stream)
            }
            try await member.waitForWatchers(0)
            #expect(try await client.range(.key("a")).count == 1, "the client goes on")
        }
    }

    /// Opens watches that have all delivered something, and ends them.
    private func open(_ count: Int, _ client: EtcdClient, _ member: EtcdMember, _ end: End, _ stream: WatchOptions.Stream) async throws {
        try await within("\(count) watches") {
            try await withThrowingTaskGroup(of: Void.self) { group in
                let revision = try await client.range(.key("a")).header.revision
                try await client.put("a", "1")
                var watches: [EtcdWatch] = []
                for _ in 0..<count {
                    let watch = try await client.watch(.key("a"), options: .init(startRevision: revision + 1, stream: stream))
                    #expect(try await watch.nextBatch()?.events.count == 1)
                    watches.append(watch)
                }
                try await member.waitForWatchers(count)
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
        try await withOwnMember { client, member in
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

extension ThrowingTaskGroup where ChildTaskResult == Void {
    fileprivate mutating func waitForAll(ignoringErrors: Void) async {
        while let result = await nextResult() { _ = result }
    }
}
