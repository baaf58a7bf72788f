//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import EtcdTestSupport
import Logging
import Metrics
import Storage

@testable import EtcdStorage

/// What an etcd of another version would say to a storage of pods.
enum ScriptedStore {
    static let compacted = ScriptedEtcd.End.status(11, "etcdserver: mvcc: required revision has been compacted")
    static let denied = ScriptedEtcd.End.status(7, "etcdserver: permission denied")

    /// Runs `body` with a storage on such an etcd.
    static func with(
        members: Int = 1, metrics: (any MetricsFactory)? = nil, listPageSize: Int? = nil, script: @escaping ScriptedEtcd.Script,
        _ body: @escaping @Sendable (ScriptedEtcd, EtcdStorage) async throws -> Void
    ) async throws {
        try await ScriptedEtcd.with(members: members, script: script) { etcd, client, _ in
            let configuration = EtcdStorageConfiguration(
                resourcePrefix: "/pods", groupResource: GroupResource(group: "", resource: "pods"), listPageSize: listPageSize)
            try await body(etcd, EtcdStorage(client: client, configuration: configuration, logger: Logger(label: "test"), metrics: metrics))
        }
    }

    static func status(_ version: String) -> ([[UInt8]], ScriptedEtcd.End) {
        var writer = WireWriter()
        header(&writer, revision: 7)
        writer.data(2, version)
        return ([writer.bytes], .ok)
    }

    /// An answer with pods by their names; `!` before a name makes it unreadable.
    static func answer(_ names: [String], revision: UInt64? = 7, more: Bool = false) -> [UInt8] {
        var writer = WireWriter()
        if let revision { header(&writer, revision: revision) }
        for name in names {
            writer.message(2) { kv in
                let isBroken = name.hasPrefix("!")
                kv.data(1, key(isBroken ? String(name.dropFirst()) : name))
                kv.number(2, 3)
                kv.number(3, 5)
                kv.number(4, 1)
                kv.data(5, isBroken ? Array("garbage".utf8) : StorageHarness.pod(name))
            }
        }
        if more { writer.number(3, 1) }
        return writer.bytes
    }

    /// A part of a stream; the last has a header.
    static func part(_ names: [String], isLast: Bool = false) -> [UInt8] {
        var writer = WireWriter()
        writer.data(1, answer(names, revision: isLast ? 9 : nil))
        return writer.bytes
    }

    /// The answers to a watch that hears of one new pod at revision 9, and of nothing more.
    static func watching(_ name: String) -> ([[UInt8]], ScriptedEtcd.End) {
        var created = WireWriter()
        header(&created, revision: 9)
        created.number(3, 1)
        var news = WireWriter()
        header(&news, revision: 9)
        news.message(11) { event in
            event.message(2) { kv in
                kv.data(1, key(name))
                kv.number(2, 9)
                kv.number(3, 9)
                kv.number(4, 1)
                kv.data(5, StorageHarness.pod(name))
            }
        }
        return ([created.bytes, news.bytes], .open)
    }

    /// A request to watch all pods, with what was there before each change.
    static func watchRequest(from revision: UInt64) -> [UInt8] {
        var writer = WireWriter()
        writer.message(1) { create in
            create.data(1, "/registry/pods/")
            create.data(2, "/registry/pods0")
            create.number(3, revision)
            create.number(6, 1)
        }
        return writer.bytes
    }

    /// A request for all pods from a key on, or for those after a pod.
    static func request(after name: String? = nil, limit: UInt64 = 0, revision: UInt64 = 0) -> [UInt8] {
        var writer = WireWriter()
        writer.data(1, name.map { Array(key($0).utf8) + [0] } ?? Array("/registry/pods/".utf8))
        writer.data(2, "/registry/pods0")
        if limit > 0 { writer.number(3, limit) }
        if revision > 0 { writer.number(4, revision) }
        return writer.bytes
    }

    static func key(_ name: String) -> String { "/registry" + StorageHarness.key(name) }

    private static func header(_ writer: inout WireWriter, revision: UInt64) {
        writer.message(1) { header in
            header.number(1, 11)
            header.number(3, revision)
        }
    }
}
