//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient

/// Puts, gets, changes under a condition, and watches: `EtcdKeyValue [endpoint…]`, http://127.0.0.1:2379 when none is given.
@main
enum EtcdKeyValue {
    static func main() async throws {
        let endpoints = Array(CommandLine.arguments.dropFirst())
        let configuration = try EtcdClientConfiguration(endpoints: endpoints.isEmpty ? ["http://127.0.0.1:2379"] : endpoints)
        let client = EtcdClient(configuration: configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            // The client's connections live in this task; a ServiceGroup would do as well.
            group.addTask { try await client.run() }
            defer { group.cancelAll() }
            try await tour(client)
        }
    }

    static func tour(_ client: EtcdClient) async throws {
        let key = "/examples/greeting"

        // Everything that is written from here on will be seen by the watch.
        let watch = try await client.watch(.prefix("/examples/"), options: .init(prevKV: true))

        try await client.put(key, "Hello")
        guard let stored = try await client.get(key) else { return }
        print("\(stored.keyText) is \"\(stored.valueText)\" since revision \(stored.modRevision)")

        // Only if nobody has written it meanwhile; otherwise the answer tells what is there now.
        let answer = try await client.transaction(
            .when(.modRevision(of: key) == stored.modRevision)
                .then(.put(key, "Hello, etcd"))
                .otherwise(.get(key)))
        print(answer.succeeded ? "changed at revision \(answer.header.revision)" : "somebody else was faster")

        do {
            try await client.delete(key)
        } catch {
            guard error.outcome == .unknown else { throw error }
            print("the server didn't answer; only reading can tell whether the key is gone: \(error)")
        }

        // Each batch holds whole revisions, in order. The watch would go on through lost connections and restarted servers.
        for try await batch in watch {
            for event in batch.events {
                let before = event.prevKV.map { " (was \"\($0.valueText)\")" } ?? ""
                print("\(event.revision): \(event.type) \(event.kv.keyText) \"\(event.kv.valueText)\"\(before)")
            }
            if batch.events.last?.type == .delete { break }
        }
    }
}
