//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import CProtobufC
import EtcdTestSupport
import Testing

@testable import EtcdClient

@Suite("Writing requests")
struct EncodingTests {
    // Small enough to check by eye against the field numbers of the contract.
    private func pack<Message>(
        _ build: (MessageArena) throws(ArenaExhausted) -> UnsafeMutablePointer<Message>
    ) throws -> [UInt8] {
        try MessageArena.withArena { arena throws(ArenaExhausted) in arena.pack(try build(arena)) }
    }

    @Test("A range with every option has every field")
    func range() throws {
        let options = RangeOptions(
            limit: 1, revision: 2, sort: .init(by: .value, .descending), serializable: true, keysOnly: true, countOnly: true, minModRevision: 3,
            maxModRevision: 4, minCreateRevision: 5, maxCreateRevision: 6)
        var expected = WireWriter()
        expected.data(1, "a")
        expected.data(2, "b")
        for (field, value) in [(3, 1), (4, 2), (5, 2), (6, 4), (7, 1), (8, 1), (9, 1), (10, 3), (11, 4), (12, 5), (13, 6)] as [(UInt64, UInt64)] {
            expected.number(field, value)
        }
        #expect(try ProtobufWriter.message { $0.range(.prefix("a"), options) } == expected.bytes)
    }

    @Test("A put with every option has every field, and an empty one has none")
    func put() throws {
        let options = PutOptions(lease: 7, prevKV: true, ignoreValue: true, ignoreLease: true)
        var expected = WireWriter()
        expected.data(1, "k")
        expected.data(2, "v")
        for (field, value) in [(3, 7), (4, 1), (5, 1), (6, 1)] as [(UInt64, UInt64)] { expected.number(field, value) }
        #expect(try ProtobufWriter.message { $0.put(Array("k".utf8), Array("v".utf8), options) } == expected.bytes)
        #expect(try ProtobufWriter.message { $0.put([], [], .init()) } == [])
    }

    @Test(
        "A comparison has its relation, its target and its value, even when that is 0",
        arguments: [
            (Compare.version([1], .equal, 0), 0, 0, 4, 0), (.createRevision([1], .greater, 9), 1, 1, 5, 9), (.modRevision([1], .less, 9), 2, 2, 6, 9),
            (.lease([1], .notEqual, 9), 3, 4, 8, 9),
        ] as [(Compare, UInt64, UInt64, UInt64, UInt64)])
    func compare(compare: Compare, relation: UInt64, target: UInt64, field: UInt64, value: UInt64) throws {
        var expected = WireWriter()
        expected.message(1) { inner in
            if relation != 0 { inner.number(1, relation) }
            if target != 0 { inner.number(2, target) }
            inner.data(3, [1])
            inner.number(field, value)
        }
        #expect(try ProtobufWriter.message { $0.transaction(.init(compare: [compare])) } == expected.bytes)
    }

    @Test("A transaction keeps its operations apart and in order, nested ones too")
    func transaction() throws {
        let inner = Transaction(success: [.deleteRange(.from("x"), options: .init(prevKV: true))])
        let transaction = Transaction(
            compare: [Compare(.all, .equal, .value([5]))], success: [.range(.key("r")), .transaction(inner)], failure: [.put([1], [2])])
        var expected = WireWriter()
        expected.message(1) { compare in
            compare.number(2, 3)
            compare.data(3, [0])
            compare.data(7, [5])
            compare.data(64, [0])
        }
        expected.message(2) { $0.message(1) { $0.data(1, "r") } }
        expected.message(2) { operation in
            operation.message(4) { transaction in
                transaction.message(2) { operation in
                    operation.message(3) { delete in
                        delete.data(1, "x")
                        delete.data(2, [0])
                        delete.number(3, 1)
                    }
                }
            }
        }
        expected.message(3) { operation in
            operation.message(2) { put in
                put.data(1, [1])
                put.data(2, [2])
            }
        }
        #expect(try ProtobufWriter.message { $0.transaction(transaction) } == expected.bytes)
    }

    @Test("A watch is asked for with every option")
    func watch() throws {
        let options = WatchOptions(startRevision: 1, prevKV: true, progressNotify: true, filters: [.noPut, .noDelete])
        var expected = WireWriter()
        expected.message(1) { create in
            create.data(1, "k")
            create.number(3, 9)
            create.number(4, 1)
            create.data(5, [0, 1])
            create.number(6, 1)
            create.number(8, 1)
        }
        let bytes = try pack { arena throws(ArenaExhausted) in
            try arena.watchCreateRequest(.key("k"), options, startRevision: 9, fragment: true)
        }
        #expect(bytes == expected.bytes)
    }

    @Test("Progress is asked for as protobuf-c would ask")
    func progress() throws {
        let bytes = try pack { arena throws(ArenaExhausted) in
            let request = try arena.make(etcdserverpb__watch_request__init)
            request.pointee.request_union_case = ETCDSERVERPB__WATCH_REQUEST__REQUEST_UNION_PROGRESS_REQUEST
            request.pointee.progress_request = try arena.make(etcdserverpb__watch_progress_request__init)
            return request
        }
        #expect(WatchMessage.progressRequest == bytes)
    }

    @Test("More than may be sent is refused")
    func bound() throws {
        let huge = [UInt8](repeating: 1, count: 40 << 20)
        #expect(throws: MessageTooLong.self) { try ProtobufWriter.message { $0.put(huge, huge, .init()) } }
        #expect(try ProtobufWriter.message { $0.put([1], [], .init()) } == [0x0a, 1, 1])
        #expect(throws: ArenaExhausted.self) {
            try pack { arena throws(ArenaExhausted) in
                let request = try arena.make(etcdserverpb__put_request__init)
                request.pointee.key = try arena.binary(huge)
                request.pointee.value = try arena.binary(huge)
                return request
            }
        }
    }

    @Test("protobuf-c reads what is written, and would write the same", arguments: [0, 1, 300, 511, 512, 513, 70_000])
    func protobufC(valueLength: Int) throws {
        let value = [UInt8](repeating: 7, count: valueLength)
        let reads = RangeOptions(
            limit: -1, revision: .max, sort: .init(by: .modRevision, .ascending), serializable: true, countOnly: true, minModRevision: 1 << 31)
        let inner = Transaction(
            compare: [Compare(.key("v"), .equal, .value(value)), .lease([0xff], .less, .min)],
            success: [.put([1], value, options: .init(lease: -1, prevKV: true))],
            failure: [.deleteRange(.prefix([0xff]), options: .init())])
        let transaction = Transaction(
            compare: [.version([0], .equal, 0), .modRevision([0], .notEqual, .max), Compare(.all, .greater, .createRevision(128))],
            success: [.range(.prefix("r"), options: reads), .transaction(inner), .transaction(Transaction())], failure: [.put([], [])])
        let written = try ProtobufWriter.message { $0.transaction(transaction) }
        let again = MessageArena.withArena { arena in
            written.withUnsafeBytes { bytes in arena.unpack(bytes, etcdserverpb__txn_request__unpack).map(arena.pack) }
        }
        #expect(again == written)
    }

    @Test(
        "The end of a prefix is the first key after all that have it",
        arguments: [
            ([1, 2], [1, 3]), ([1, 0xff], [2]), ([0xff, 0xff], [0]), ([0xff, 1], [0xff, 2]), ([0, 0xff, 0xff], [1]),
        ] as [([UInt8], [UInt8])])
    func prefix(prefix: [UInt8], end: [UInt8]) {
        #expect(KeyRange.prefix(prefix).end == end)
        #expect(KeyRange.prefix(prefix).start == prefix)
    }

    @Test("Ranges without bounds are etcd's zero bytes")
    func unbounded() {
        #expect(KeyRange.prefix("") == .all)
        #expect(KeyRange.all.start == [0] && KeyRange.all.end == [0])
        #expect(KeyRange.from("a").start == [97] && KeyRange.from("a").end == [0])
        #expect(KeyRange.from([]) == .all)
    }
}
