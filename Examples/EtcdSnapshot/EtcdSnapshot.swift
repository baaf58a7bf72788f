//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import Foundation

/// Saves a snapshot of an etcd member to a file: `EtcdSnapshot FILE [endpoint]`, http://127.0.0.1:2379 when none is given.
///
/// The file gets its name only when all of it is there and proven to be what the server has; `etcdutl snapshot restore FILE` takes it.
@main
enum EtcdSnapshot {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let path = arguments.first else {
            print("usage: EtcdSnapshot FILE [endpoint]")
            exit(2)
        }
        let client = EtcdClient(configuration: try EtcdClientConfiguration(endpoints: [arguments.dropFirst().first ?? "http://127.0.0.1:2379"]))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            defer { group.cancelAll() }
            try await save(client, to: path)
        }
    }

    static func save(_ client: EtcdClient, to path: String) async throws {
        let part = path + ".part"
        guard FileManager.default.createFile(atPath: part, contents: nil), let file = FileHandle(forWritingAtPath: part) else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: part])
        }
        do {
            let snapshot = try await client.snapshot()
            print("\(snapshot.totalBytes) bytes from \(snapshot.endpoint)")
            for try await chunk in snapshot { try file.write(contentsOf: chunk) }
            // What restores a snapshot looks for its digest at the end of the file.
            try file.write(contentsOf: snapshot.digest ?? [])
            try file.synchronize()
            try file.close()
            guard rename(part, path) == 0 else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path]) }
        } catch {
            try? FileManager.default.removeItem(atPath: part)
            throw error
        }
    }
}
