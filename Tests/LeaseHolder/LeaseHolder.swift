//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import Foundation

/// A program that works for as long as it holds a lease, for a test that stops it and lets it go on.
///
/// `LeaseHolder ENDPOINT TTL` writes a line for what it does: `held LEASE`, `working` again and again, `lost REASON` at the end.
@main
struct LeaseHolder {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let ttl = Int64(arguments[2]) else { return say("usage: LeaseHolder ENDPOINT TTL") }
        let client = EtcdClient(configuration: try EtcdClientConfiguration(endpoints: [arguments[1]]))
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            await work(client, ttl)
            group.cancelAll()
        }
    }

    private static func work(_ client: EtcdClient, _ ttl: Int64) async {
        do {
            try await client.withSession(ttl: ttl) { session in
                say("held \(session.lease)")
                while true {
                    try await Task.sleep(for: .milliseconds(20))
                    // Whoever may have been away for long asks before it acts.
                    try session.check()
                    say("working")
                }
            }
        } catch let error as EtcdError {
            say("lost \(error.code): \(error.message)")
        } catch {
            say("ended \(error)")
        }
    }

    // Not by print, which would keep lines back.
    private static func say(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
}
