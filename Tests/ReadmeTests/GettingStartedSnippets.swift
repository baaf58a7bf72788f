//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import TestWaiting
import Testing
import UnixSignals

// Article: Service
struct ColorFollower: Service {
    let client: EtcdClient
    let changed: @Sendable (WatchEvent) -> Void

    func run() async throws {
        try await client.withWatch(.prefix("/config/")) { watch in
            try await withGracefulShutdownHandler {
                for try await event in watch.events { changed(event) }
            } onGracefulShutdown: {
                watch.cancel()  // ends the loop, without an error
            }
        }
    }
}
// Article end

// Article: Coder
struct JSON: EtcdValueCoder {
    func encode(_ value: some Encodable) throws -> [UInt8] { Array(try JSONEncoder().encode(value)) }

    func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }
}

struct Window: Codable {
    var width: Int
    var height: Int
}
// Article end

@Suite("Articles: getting started")
struct GettingStartedSnippets {
    @Test("Running")
    func run() async throws {
        try await EtcdCluster.withCluster(members: 1) { cluster in
            let endpoints = cluster.endpoints
            // Article: Run
            let client = EtcdClient(configuration: try EtcdClientConfiguration(endpoints: endpoints))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.run() }  // connections live here, until the task is cancelled
                defer { group.cancelAll() }

                let written = try await client.put("/config/color", "blue")
                print("written at revision \(written.header.revision)")
            }
            // Article end
        }
    }

    @Test("Running in a ServiceGroup", .timeLimit(.minutes(2)))
    func services() async throws {
        try await EtcdCluster.withCluster(members: 1) { cluster in
            let (endpoints, logger) = (cluster.endpoints, Logger(label: "services"))
            let seen = Mutex<String?>(nil)
            // Article: ServiceGroup
            let client = EtcdClient(configuration: try EtcdClientConfiguration(endpoints: endpoints), logger: logger)
            let follower = ColorFollower(client: client) { event in
                print("\(event.kv.keyText) is \(event.kv.valueText)")
                seen.withLock { $0 = event.kv.valueText }  // not shown
            }
            // The client comes first: what comes last is shut down first.
            let services = ServiceGroup(services: [client, follower], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
            async let _ = endOnce(services, "a change was seen") {  // not shown
                try await client.put("/config/color", "green")  // not shown
                return seen.withLock { $0 } == "green"  // not shown
            }  // not shown
            try await services.run()
            // Article end
            #expect(seen.withLock { $0 } == "green")
        }
    }

    /// Shuts services down when something is so; without it they end by an error.
    private func endOnce(_ services: ServiceGroup, _ what: String, _ isSo: @Sendable () async throws -> Bool) async throws {
        try await eventually(what) { try await isSo() }
        await services.triggerGracefulShutdown()
    }

    @Test("First calls")
    func calls() async throws {
        try await withClient { client, _ in
            // Article: Calls
            try await client.put("/config/color", "blue")
            let color = try await client.get("/config/color")  // nil when there's no such key
            print(color?.valueText ?? "none")

            for kv in try await client.getAll(prefix: "/config/") { print("\(kv.keyText) = \(kv.valueText)") }
            print(try await client.count(prefix: "/config/"))

            // Written only if nobody else has; otherwise the answer tells what is there.
            switch try await client.putIfAbsent("/config/shape", "round") {
            case .done(let revision): print("written at revision \(revision)")
            case .notDone(let found): print("it is \(found?.valueText ?? "none") already")
            }

            // Reads, asks for the new value, and writes it if nobody has written meanwhile; otherwise begins again.
            try await client.update("/config/visits") { found in
                String((Int(found?.valueText ?? "0") ?? 0) + 1)
            }

            try await client.delete("/config/color")
            // Article end
            #expect(try await client.get("/config/visits")?.valueText == "1")
            #expect(try await client.getAll(prefix: "").map(\.keyText) == ["/config/shape", "/config/visits"])
        }
    }

    @Test("Transactions and long ranges")
    func transactions() async throws {
        try await withClient { client, _ in
            try await client.put("/accounts/ann", "10")
            let (ann, bob) = ("/accounts/ann", "/accounts/bob")
            let found = try #require(try await client.get(ann))
            // Article: Transaction
            let outcome = try await client.transaction(
                .when(.modRevision(of: ann) == found.modRevision, .missing(bob))
                    .then(.put(ann, "7"), .put(bob, "3"))
                    .otherwise(.getAll(prefix: "/accounts/")))
            if !outcome.succeeded, let kvs = outcome.responses.first?.kvs {
                print("somebody was faster: \(kvs.map(\.valueText))")
            }
            // Article end
            #expect(outcome.succeeded)

            // Article: RangeStream
            var count = 0
            for try await chunk in client.rangeStream(.prefix("/accounts/")) {
                count += chunk.kvs.count  // all chunks are of one revision, and hold each key once
            }
            // Article end
            #expect(count == 2)
        }
    }

    @Test("Values, namespaces and ways to call")
    func views() async throws {
        try await withClient { client, _ in
            // Article: Values
            let windows = client.namespace("/windows/").coding(by: JSON())
            try await windows.put("main", Window(width: 800, height: 600))
            try await windows.update("main", as: Window.self) { window in
                guard var window else { return nil }  // leaves all as it is
                window.width += 100
                return window
            }
            let main = try await windows.get("main", as: Window.self)
            print(main?.value.width ?? 0, main?.kv.version ?? 0)
            // Article end
            #expect(main?.value.width == 900)

            // Article: Options
            let patient = client.with(CallOptions(timeout: .seconds(60)))
            try await patient.put("/config/color", "red")
            let quick = RangeOptions(serializable: true)  // from what the member has: quick, and perhaps old
            let color = try await client.range(.key("/config/color"), options: quick, deadline: .now + .seconds(1))
            // Article end
            #expect(color.kvs.count == 1)
        }
    }
}
