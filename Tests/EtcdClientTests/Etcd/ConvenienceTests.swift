//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import EtcdTestSupport
import Foundation
import TestWaiting
import Testing

@Suite("Everyday reads and writes, on a real etcd")
struct ConvenienceTests {
    @Test("Keys are read, counted and deleted by their names and prefixes")
    func values() async throws {
        try await withSharedCluster { client, prefix in
            #expect(try await client.get(prefix) == nil)
            for name in ["a", "b", "c"] { try await client.put("\(prefix)/\(name)", bytes(name)) }
            #expect(try await client.get("\(prefix)/a")?.valueText == "a")
            #expect(try await client.get(bytes(prefix + "/b"))?.valueText == "b")
            #expect(try await client.getAll(prefix: prefix).map(\.valueText) == ["a", "b", "c"])
            #expect(try await client.count(prefix: prefix) == 3)
            #expect(try await client.delete("\(prefix)/a"))
            #expect(try await !client.delete("\(prefix)/a"))
            #expect(try await client.deleteAll(prefix: prefix) == 2)
            #expect(try await client.count(prefix: prefix) == 0)
        }
    }

    @Test("Keys are read at a revision, from one member's own store, in any order, in part, and without their values")
    func options() async throws {
        try await withSharedCluster { client, prefix in
            for name in ["a", "b", "c"] { try await client.put("\(prefix)/\(name)", name) }
            let written = try await client.put("\(prefix)/a", "new").header.revision
            #expect(try await client.get("\(prefix)/a", options: .init(revision: written - 1))?.valueText == "a")
            #expect(try await client.getAll(prefix: prefix, options: .init(revision: written - 1)).map(\.valueText) == ["a", "b", "c"])
            #expect(try await client.getAll(prefix: prefix, options: .init(limit: 2)).map(\.valueText) == ["new", "b"])
            #expect(try await client.getAll(prefix: prefix, options: .init(keysOnly: true)).allSatisfy(\.value.isEmpty))
            let sorted = try await client.getAll(prefix: prefix, options: .init(limit: 2, sort: .init(by: .modRevision, .descending)))
            #expect(sorted.map(\.valueText) == ["new", "c"])
            // A member may be behind in what it has.
            try await eventually("the write at any member") {
                try await client.get("\(prefix)/a", options: .init(serializable: true))?.modRevision == written
            }
        }
    }

    @Test("An update gives a key a lease, or keeps the one that it has")
    func leases() async throws {
        try await withSharedCluster { client, prefix in
            let lease = try await client.leaseGrant(ttl: 60).id
            try await client.update(prefix, lease: lease) { _ in "1" }
            try await client.update(prefix) { _ in "2" }
            #expect(try await client.get(prefix)?.lease == lease)
            _ = try await client.transaction(.always(.put(prefix, "3", ignoreLease: true)))
            #expect(try await client.get(prefix)?.lease == lease)
            _ = try await client.transaction(.always(.put(prefix, "", ignoreValue: true)))
            let found = try #require(try await client.get(prefix))
            #expect(found.valueText == "3" && found.lease == 0)
            try await client.update(prefix, lease: lease) { _ in "4" }
            try await client.update(prefix, lease: 0) { _ in "5" }
            #expect(try await client.get(prefix)?.lease == 0)
            try await client.leaseRevoke(lease)
            #expect(try await client.get(prefix)?.valueText == "5")
        }
    }

    @Test("A write under a condition is done, or tells what is there")
    func conditions() async throws {
        try await withSharedCluster { client, prefix in
            guard case .done(let first) = try await client.putIfAbsent(prefix, "1") else {
                Issue.record("it wasn't there")
                return
            }
            let there = try #require(try await client.get(prefix))
            #expect(there.modRevision == first)
            #expect(try await client.putIfAbsent(prefix, "2") == .notDone(found: there))
            #expect(try await client.put(prefix, "2", ifModRevision: first).isDone)
            #expect(try await !client.put(prefix, "3", ifModRevision: first).isDone)
            #expect(try await client.put(prefix, "3", ifValue: "2").isDone)
            #expect(try await !client.put(prefix, "4", ifValue: "2").isDone)
            #expect(try await client.delete(prefix, ifModRevision: first) == .notDone(found: client.get(prefix)))
            #expect(try await !client.delete(prefix, ifValue: "2").isDone)
            #expect(try await client.delete(prefix, ifValue: "3").isDone)
            #expect(try await client.put(prefix, "5", ifValue: "3") == .notDone(found: nil))
            #expect(try await client.put(prefix, "5", ifModRevision: first) == .notDone(found: nil))
            #expect(try await client.put(prefix, "5", ifModRevision: 0).isDone)
        }
    }

    @Test("Updates by many tasks at once are each done once")
    func updates() async throws {
        try await withSharedCluster { client, prefix in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<5 {
                            try await client.update(prefix, deadline: .now + .seconds(60)) { found in
                                String((Int(found?.valueText ?? "") ?? 0) + 1)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await client.get(prefix)?.valueText == "40")
            #expect(try await client.update(prefix) { _ in nil } == nil)
            #expect(try await client.get(prefix)?.version == 40)
        }
    }

    @Test("A write whose fate isn't known is said to be so, and isn't repeated")
    func unknown() async throws {
        try await withOwnMember { client, member in
            try await client.put("a", "0")
            try await member.pauseCompletely()
            let error = await failure { _ = try await client.putIfAbsent("b", "1", deadline: .now + .seconds(2)) }
            member.resume()
            #expect(error?.code == .unknownOutcome && error?.outcome == .unknown)
        }
    }

    @Test("A compaction whose answer is lost is found to be done")
    func compaction() async throws {
        try await withProxiedMember { client, member, proxy in
            for value in 0..<5 { try await client.put("a", "\(value)") }
            let revision = try await client.range(.key("a")).header.revision
            try await member.pauseCompletely()
            let before = proxy.statistics.bytesToServer
            let compaction = Task { try await client.compact(revision: revision, deadline: .now + .seconds(60)) }
            // Its headers and its message go in one piece; what else a client sends of itself is shorter.
            try await proxy.waitForRequest(of: 40, after: before)
            await member.kill()
            try await member.start()
            _ = try await within("the compaction") { try await compaction.value }
            #expect(await failure { _ = try await client.get("a", options: .init(revision: revision - 1)) }?.code == .compacted)
            #expect(await failure { try await client.compact(revision: revision) }?.code == .compacted)
        }
    }

    struct JSON: EtcdValueCoder {
        func encode(_ value: some Encodable) throws -> [UInt8] {
            let encoder = JSONEncoder()
            // So that equal values are equal bytes.
            encoder.outputFormatting = .sortedKeys
            return Array(try encoder.encode(value))
        }
        func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value { try JSONDecoder().decode(type, from: Data(bytes)) }
    }

    struct Setting: Codable, Hashable {
        var name: String
        var level: Double
    }

    @Test("Values are Codable, by a coder of the program's own")
    func codable() async throws {
        try await withSharedCluster { client, prefix in
            let settings = client.coding(by: JSON())
            try await settings.put("\(prefix)/a", Setting(name: "a", level: 1))
            #expect(try await settings.putIfAbsent("\(prefix)/b", Setting(name: "b", level: 2)).isDone)
            #expect(try await !settings.putIfAbsent("\(prefix)/b", Setting(name: "b", level: 3)).isDone)
            let found = try #require(try await settings.get("\(prefix)/b", as: Setting.self))
            #expect(found.value == Setting(name: "b", level: 2) && found.kv.version == 1)
            #expect(try await settings.put("\(prefix)/b", Setting(name: "c", level: 2), ifModRevision: found.kv.modRevision).isDone)
            try await settings.update("\(prefix)/a", as: Setting.self) { setting in
                var setting = setting
                setting?.level += 1
                return setting
            }
            let atFirst = try await settings.get("\(prefix)/b", as: Setting.self, options: .init(revision: found.kv.modRevision))
            #expect(atFirst?.value == found.value)
            let limited: [EtcdValue<Setting>] = try await settings.getAll(prefix: prefix, options: .init(limit: 1))
            #expect(limited.map(\.value.name) == ["a"])
            let all: [EtcdValue<Setting>] = try await settings.getAll(prefix: prefix)
            #expect(all.map(\.value) == [Setting(name: "a", level: 2), Setting(name: "c", level: 2)])
            #expect(try await settings.get("\(prefix)/missing", as: Setting.self) == nil)

            #expect(try await !settings.put("\(prefix)/a", Setting(name: "d", level: 0), ifValue: Setting(name: "a", level: 1)).isDone)
            #expect(try await settings.put("\(prefix)/a", Setting(name: "d", level: 0), ifValue: Setting(name: "a", level: 2)).isDone)
            #expect(try await settings.get("\(prefix)/a", as: Setting.self)?.value.name == "d")
            #expect(try await settings.delete("\(prefix)/a"))
            #expect(try await !settings.delete("\(prefix)/a"))

            try await client.put("\(prefix)/c", "{")
            let undecodable = await failure { _ = try await settings.getAll(prefix: prefix, as: Setting.self) }
            #expect(undecodable?.code == .valueNotDecodable)
            #expect(undecodable?.message.contains("\(prefix)/c") == true && undecodable?.message.contains("Setting") == true)
            let unencodable = await failure { try await settings.put("\(prefix)/d", Setting(name: "d", level: .infinity)) }
            #expect(unencodable?.code == .valueNotEncodable && unencodable?.outcome == .notDone)
        }
    }
}
