//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import GRPCTransport
import Testing

@Suite("Keys and values, on a real etcd")
struct KVTests {
    @Test("What was put is read back, with its revisions and version")
    func putAndGet() async throws {
        try await withSharedCluster { client, prefix in
            let key = "\(prefix)/a"
            let first = try await client.put(key, "1")
            let second = try await client.put(key, "2", options: .init(prevKV: true))
            #expect(second.prevKV?.valueText == "1")
            let answer = try await client.range(.key(key))
            let kv = try #require(answer.kvs.first)
            #expect(answer.kvs.count == 1 && answer.count == 1 && !answer.more)
            #expect(kv.keyText == key && kv.valueText == "2")
            #expect(kv.createRevision == first.header.revision && kv.modRevision == second.header.revision && kv.version == 2)
            #expect(answer.header.clusterID != 0 && answer.header.revision >= second.header.revision)
        }
    }

    @Test("Bytes that aren't text survive, and so do empty and large values")
    func binary() async throws {
        try await withSharedCluster { client, prefix in
            for value in [[], [0], (0...255).map { UInt8($0) }, [UInt8](repeating: 0xfe, count: 1_000_000)] as [[UInt8]] {
                let key = bytes(prefix) + [0, 0xff, 0x80]
                try await client.put(key, value)
                let kv = try #require(try await client.range(.key(key)).kvs.first)
                #expect(kv.key == key)
                #expect(kv.value == value)
            }
        }
    }

    @Test("A missing key is an empty answer")
    func missing() async throws {
        try await withSharedCluster { client, prefix in
            let answer = try await client.range(.key(prefix))
            #expect(answer.kvs.isEmpty && answer.count == 0 && !answer.more)
        }
    }

    @Test("A deleted range says how many keys went, and what they were")
    func deleteRange() async throws {
        try await withSharedCluster { client, prefix in
            for name in ["a", "b", "c"] { try await client.put("\(prefix)/\(name)", name) }
            let answer = try await client.deleteRange(.range(from: "\(prefix)/a", to: "\(prefix)/c"), options: .init(prevKV: true))
            #expect(answer.deleted == 2)
            #expect(answer.prevKVs.map(\.valueText) == ["a", "b"])
            #expect(try await client.range(.prefix(prefix)).kvs.map(\.valueText) == ["c"])
            #expect(try await client.deleteRange(.key("\(prefix)/a")).deleted == 0)
        }
    }

    @Test("A put may keep the value or the lease of a key that is there")
    func keepParts() async throws {
        try await withSharedCluster { client, prefix in
            let lease = try await client.leaseGrant(ttl: 60)
            try await client.put(bytes(prefix), bytes("v"), options: .init(lease: lease.id))
            try await client.put(bytes(prefix), [], options: .init(lease: lease.id, ignoreValue: true))
            try await client.put(bytes(prefix), bytes("w"), options: .init(ignoreLease: true))
            let kv = try #require(try await client.range(.key(prefix)).kvs.first)
            #expect(kv.valueText == "w" && kv.lease == lease.id && kv.version == 3)
            try await client.leaseRevoke(lease.id)
        }
    }

    @Test("Refusals are typed, prove that nothing was written, and name the key")
    func refusals() async throws {
        try await withSharedCluster { client, prefix async throws in
            let cases: [(EtcdError.Code, @Sendable () async throws -> Void)] = [
                (.keyNotFound, { try await client.put(bytes(prefix), [], options: .init(ignoreValue: true)) }),
                (.keyNotFound, { try await client.put(bytes(prefix), bytes("v"), options: .init(ignoreLease: true)) }),
                (.invalidArgument, { try await client.put([], bytes("v")) }),
                (.leaseNotFound, { try await client.put(bytes(prefix), [], options: .init(lease: 12345)) }),
                (.requestTooLarge, { try await client.put(bytes(prefix), [UInt8](repeating: 1, count: 1_600_000)) }),
                (.requestTooLarge, { try await client.put(bytes(prefix), [UInt8](repeating: 1, count: 2_500_000)) }),
                (.futureRevision, { _ = try await client.range(.key(prefix), options: .init(revision: 1 << 60)) }),
            ]
            for (index, (code, call)) in cases.enumerated() {
                let error = await failure(call)
                #expect(error?.code == code, "case \(index): \(String(describing: error))")
                #expect(error?.outcome == .notDone)
                #expect(error?.message.contains(index == 2 ? "put \"\"" : prefix) == true)
            }
            #expect(try await client.range(.key(prefix)).count == 0)
        }
    }

    @Test("A read of a compacted revision, and a second compaction, are told apart from other failures")
    func compacted() async throws {
        try await withOwnCluster { client, _ in
            for value in 0..<5 { try await client.put("a", "\(value)") }
            let revision = try await client.range(.key("a")).header.revision
            try await client.compact(revision: revision, physical: true)
            #expect(await failure { _ = try await client.range(.key("a"), options: .init(revision: revision - 1)) }?.code == .compacted)
            #expect(await failure { try await client.compact(revision: revision) }?.code == .compacted)
            #expect(await failure { try await client.compact(revision: revision + 100) }?.code == .futureRevision)
            #expect(try await client.range(.key("a"), options: .init(revision: revision)).kvs.first?.valueText == "4")
        }
    }

    @Test("A member tells its version and its size")
    func status() async throws {
        try await withSharedCluster { client, _ in
            let status = try await client.status()
            #expect(status.version.hasPrefix("3."))
            #expect(status.dbSize > 0 && status.dbSizeInUse > 0 && status.leader != 0 && status.raftTerm > 0)
            #expect(status.errors.isEmpty && !status.isLearner)
        }
    }

    @Test("All of it works over TLS with client certificates")
    func tls() async throws {
        try await EtcdCluster.withCluster(tls: true) { cluster in
            let certificates = try #require(cluster.certificates)
            let tls = GRPCTLSConfiguration(
                trustRoots: .file(certificates.authority), certificateChainFile: certificates.clientCertificate,
                privateKeyFile: certificates.clientKey)
            try await withClient(of: cluster.endpoints, tls: tls) { client in
                let watch = try await client.watch(.key("a"))
                try await client.put("a", "1")
                #expect(try await client.range(.key("a")).kvs.first?.valueText == "1")
                #expect(try await watch.events(1).map(\.kv.valueText) == ["1"])
            }
        }
    }
}
