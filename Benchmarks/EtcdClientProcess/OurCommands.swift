//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkMeasurement
import EtcdClient
import GRPCTransport

/// The commands of `EtcdFloor.h`, done by ``EtcdClient``, which is measured in a process of its own like its peers. An executable without Foundation
/// and all else that a benchmark needs, since its memory is measured too.
///
/// Its tasks run on ``EtcdClient/taskExecutor``, as those of a program should that makes many small calls; with `--global` before the command they
/// run where tasks run when nothing is said.
@main enum OurCommands {
    static func main() async throws {
        let prefersLoop = CommandLine.arguments.dropFirst().first != "--global"
        let arguments = Array(CommandLine.arguments.dropFirst(prefersLoop ? 1 : 2))
        guard arguments.count > 2 else { throw Failure(arguments: arguments) }
        let server = arguments[1].split(separator: ",").map(String.init)
        var tls: GRPCTLSConfiguration?
        if server.count == 4 { tls = GRPCTLSConfiguration(trustRoots: .file(server[1]), certificateChainFile: server[2], privateKeyFile: server[3]) }
        let result = try await withClient(endpoints: ["\(tls == nil ? "http" : "https")://127.0.0.1:\(server[0])"], tls: tls) { client in
            try await withTaskExecutorPreference(prefersLoop ? client.taskExecutor : nil) {
                try await command(arguments[0], arguments[2], arguments.dropFirst(3).compactMap { Int($0) }, client)
            }
        }
        guard let result else { throw Failure(arguments: arguments) }
        print(result.line)
    }

    struct Failure: Error, CustomStringConvertible {
        var arguments: [String]
        var description: String { "\(arguments): not a command of EtcdFloor.h" }
    }

    private static func command(_ name: String, _ key: String, _ numbers: [Int], _ client: EtcdClient) async throws -> Measurement? {
        switch (name, numbers.count) {
        case ("range", 2): try await range(key, inFlight: numbers[0], operations: numbers[1], client)
        case ("put", 4) where numbers[3] == 0: try await put(key, inFlight: numbers[0], operations: numbers[1], keys: numbers[2], client)
        case ("pages", 1): try await pages(key, size: numbers[0], client)
        case ("watch", 2): try await watch(key, from: numbers[0], events: numbers[1], client)
        default: nil
        }
    }

    private static func range(_ key: String, inFlight: Int, operations: Int, _ client: EtcdClient) async throws -> Measurement {
        let key = KeyRange.key(key)
        let read: @Sendable (Int) async throws -> Void = { _ in
            guard try await !client.range(key).kvs.isEmpty else { throw Failure(arguments: ["no such key"]) }
        }
        // The first calls set things up on both sides.
        _ = try await Measurement.load(inFlight: inFlight, operations: operations / 10 + 1, read)
        if inFlight == 1 { return try await Measurement.oneByOne(operations: operations, read) }
        return try await Measurement.load(inFlight: inFlight, operations: operations, read)
    }

    private static func put(_ prefix: String, inFlight: Int, operations: Int, keys: Int, _ client: EtcdClient) async throws -> Measurement {
        let keys = (0..<keys).map { Array("\(prefix)\($0)".utf8) }
        let value = object(1)
        try await client.put(keys[0], value)
        return try await Measurement.load(inFlight: inFlight, operations: operations) { index in
            try await client.put(keys[index % keys.count], value)
        }
    }

    private static func pages(_ prefix: String, size: Int, _ client: EtcdClient) async throws -> Measurement {
        _ = try await client.range(.prefix(prefix), options: RangeOptions(limit: 17, keysOnly: true))
        return try await Measurement.of {
            var start = Array(prefix.utf8)
            let end = KeyRange.endOfPrefix(start)
            var options = RangeOptions(limit: Int64(size))
            var count = 0
            while true {
                let page = try await client.range(.range(from: start, to: end), options: options)
                count += page.kvs.count
                guard page.more, let last = page.kvs.last else { return count }
                options.revision = page.header.revision
                start = last.key + [0]
            }
        }
    }

    private static func watch(_ prefix: String, from revision: Int, events: Int, _ client: EtcdClient) async throws -> Measurement {
        try await warmUp(client)
        let watch = try await client.watch(.prefix(prefix), options: WatchOptions(startRevision: Int64(revision)))
        printNow("ready")
        return try await Measurement.of {
            var seen = 0
            while seen < events, let batch = try await watch.nextBatch() { seen += batch.events.count }
            return seen
        }
    }

    /// What a first watch sets up is no event's cost.
    private static func warmUp(_ client: EtcdClient) async throws {
        let watch = try await client.watch(.key("/warm-up"))
        try await client.put("/warm-up", "")
        _ = try await watch.nextBatch()
        watch.cancel()
    }
}
