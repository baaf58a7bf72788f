//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Crypto
import EtcdClient
import EtcdTestKit
import Foundation
import GRPCTransport
import TestWaiting
import Testing

@Suite("Maintenance, on a real etcd")
struct MaintenanceTests {
    @Test("An alarm stops writes until it's disarmed")
    func alarms() async throws {
        try await withOwnCluster { client, _ in
            #expect(try await client.alarmList().alarms.isEmpty)
            let member = try await client.status().header.memberID
            let alarm = AlarmMember(memberID: member, alarm: .noSpace)
            #expect(try await client.alarmActivate(alarm).alarms == [alarm])
            try await client.alarmActivate(alarm)
            #expect(try await client.alarmList().alarms == [alarm])
            #expect(try await client.status().errors.contains { $0.contains("NOSPACE") })
            let error = await failure { try await client.put("a", "1") }
            // It's refused, but by what etcd says of what it wrote in spite of its quota too.
            #expect(error?.code == .unknownOutcome && error?.outcome == .unknown && error?.reason == .noSpace)
            #expect(error?.message.contains("disarm") == true)
            #expect(try await client.alarmDisarm() == [alarm])
            #expect(try await client.alarmList().alarms.isEmpty)
            #expect(try await client.alarmDisarm(alarm).alarms.isEmpty)
            try await client.put("a", "1")
        }
    }

    @Test("Defragmentation gives back what compaction freed")
    func defragment() async throws {
        try await EtcdCluster.withCluster { cluster in
            let endpoint = try GRPCEndpoint(parsing: try #require(cluster.endpoints.first))
            try await withClient(of: cluster.endpoints) { client in
                for index in 0..<40 { try await client.put(bytes("a"), [UInt8](repeating: UInt8(index), count: 200_000)) }
                try await client.compact(revision: try await client.range(.key("a")).header.revision, physical: true)
                let before = try await client.status(of: endpoint)
                try await client.defragment(endpoint)
                let after = try await client.status(of: endpoint)
                #expect(after.dbSize < before.dbSize / 2, "\(before.dbSize) to \(after.dbSize)")
                #expect(try await client.get("a")?.value.count == 200_000)
            }
        }
    }

    @Test("Checksums are of a revision, and change with what they are of")
    func hashes() async throws {
        try await withOwnCluster { client, _ in
            let first = try await client.put("a", "1").header.revision
            let hash = try await client.hashKV(revision: first)
            #expect(hash.hash != 0 && hash.header.memberID != 0)
            try await client.put("a", "2")
            #expect(try await client.hashKV(revision: first).hash == hash.hash)
            #expect(try await client.hashKV().hash != hash.hash)
            #expect(try await client.hash().hash != 0)
            #expect(await failure { _ = try await client.hashKV(revision: 1000) }?.code == .futureRevision)
            let last = try await client.put("a", "3").header.revision
            try await client.compact(revision: last, physical: true)
            #expect(await failure { _ = try await client.hashKV(revision: first) }?.code == .compacted)
            try await client.put("a", "4")
            #expect(try await client.hashKV().compactRevision == last)
        }
    }

    @Test("A downgrade is asked about, and refused with a reason")
    func downgrade() async throws {
        try await withOwnCluster { client, cluster async throws in
            let version = try await client.status().version.split(separator: ".")
            let (major, minor) = (try #require(version.first), try #require(Int(version[1])))
            let previous = "\(major).\(minor - 1).0"
            // The version of a cluster is agreed upon a moment after it serves.
            let agreed = try await within("the cluster's version") {
                while true {
                    do throws(EtcdError) {
                        return try await client.downgrade(.validate(version: previous))
                    } catch {
                        guard error.message.contains("not found") || error.message.contains("not available") else { throw error }
                        try await Task.sleep(for: .milliseconds(50))
                    }
                }
            }
            #expect(agreed.hasPrefix("\(major).\(minor)"))
            #expect(await failure { try await client.downgrade(.validate(version: "nonsense")) }?.code == .invalidArgument)
            #expect(await failure { try await client.downgrade(.validate(version: "\(major).\(minor - 2).0")) }?.code == .invalidArgument)
            #expect(await failure { try await client.downgrade(.cancel) }?.code == .failedPrecondition)
            // etcd 3.5 takes no real downgrade: it says that it ran out of time.
            #expect(await failure { try await client.downgrade(.enable(version: "\(major).\(minor - 2).0")) }?.code == .invalidArgument)
        }
    }

    @Test("A server says that it serves")
    func health() async throws {
        try await withSharedCluster { client, _ async throws in #expect(try await client.health() == .serving) }
    }

    @Test("A snapshot is the member's whole database, and proven to be")
    func snapshot() async throws {
        try await withOwnCluster { client, cluster in
            for index in 0..<300 { try await client.put(bytes("key-\(index)"), [UInt8](repeating: UInt8(index % 256), count: 3000)) }
            let snapshot = try await client.snapshot()
            let total = snapshot.totalBytes
            #expect(total > 900_000 && snapshot.remainingBytes == total && snapshot.digest == nil)
            var file: [UInt8] = []
            var remaining = total
            for try await chunk in snapshot {
                file += chunk
                #expect(snapshot.remainingBytes == remaining - UInt64(chunk.count))
                remaining = snapshot.remainingBytes
            }
            #expect(file.count == Int(total) && snapshot.remainingBytes == 0)
            #expect(snapshot.digest == Array(SHA256.hash(data: file)))
            #expect(try await snapshot.nextChunk() == nil)

            let path = FileManager.default.temporaryDirectory.appendingPathComponent("keelson-\(UUID()).db").path
            defer { try? FileManager.default.removeItem(atPath: path) }
            try Data(file + (snapshot.digest ?? [])).write(to: URL(fileURLWithPath: path))
            let status = try await cluster.etcdctl(["snapshot", "status", path, "--write-out=json"])
            #expect(status.contains("\"totalKey\":"), "\(status)")
        }
    }

    @Test("A snapshot that is dropped half-way, or whose task is cancelled, leaves the client as it was")
    func snapshotDropped() async throws {
        try await withOwnCluster { client, _ in
            for index in 0..<100 { try await client.put(bytes("key-\(index)"), [UInt8](repeating: 1, count: 100_000)) }
            var dropped: SnapshotStream? = try await client.snapshot()
            #expect(try await dropped?.nextChunk() != nil)
            dropped = nil
            let other = try await client.snapshot()
            other.cancel()
            let error = await failure { while try await other.nextChunk() != nil {} }
            #expect(error?.code == .canceled)
            #expect(try await other.nextChunk() == nil)
            #expect(try await client.snapshot().totalBytes > 0)
        }
    }
}
