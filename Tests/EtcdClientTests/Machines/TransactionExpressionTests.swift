//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import NIOCore
import Testing

@Suite("Transactions as expressions")
struct TransactionExpressionTests {
    @Test("A chain is the transaction that it reads as")
    func chain() {
        let transaction: Transaction = .when(.modRevision(of: "a") == 5, .exists("b"))
            .then(.put("a", "1"), .delete("b"))
            .otherwise(.get("a"))
        #expect(
            transaction
                == Transaction(
                    compare: [.modRevision(bytes("a"), .equal, 5), .createRevision(bytes("b"), .greater, 0)],
                    success: [.put(bytes("a"), bytes("1")), .deleteRange(.key("b"))], failure: [.range(.key("a"))]))
    }

    @Test(
        "A condition is the comparison that it reads as",
        arguments: [
            (.version(of: "k") == 1, .version(bytes("k"), .equal, 1)), (.version(of: "k") != 1, .version(bytes("k"), .notEqual, 1)),
            (.createRevision(of: "k") < 2, .createRevision(bytes("k"), .less, 2)),
            (.modRevision(of: [107]) > 3, .modRevision(bytes("k"), .greater, 3)), (.lease(of: "k") == 4, .lease(bytes("k"), .equal, 4)),
            (.value(of: "k") == "v", .value(bytes("k"), .equal, bytes("v"))), (.value(of: "k") != "v", .value(bytes("k"), .notEqual, bytes("v"))),
            (.value(of: "k") < [1], .value(bytes("k"), .less, [1])), (.value(of: "k") > "v", .value(bytes("k"), .greater, bytes("v"))),
            (.missing("k"), .createRevision(bytes("k"), .equal, 0)), (.version(ofAll: .all) > 0, Compare(.all, .greater, .version(0))),
            (.value(ofAll: .prefix("p")) == "v", Compare(.prefix("p"), .equal, .value(bytes("v")))),
        ] as [(Compare, Compare)])
    func conditions(expression: Compare, comparison: Compare) {
        #expect(expression == comparison)
    }

    @Test("Keys and values are texts, parts of texts, bytes and buffers alike, in comparisons as in writes")
    func bytesAlike() {
        let put: Transaction.Operation = .put(bytes("k"), bytes("v"))
        let (key, value) = ("-k-".dropFirst().dropLast(), ByteBuffer(string: "v"))
        #expect([.put(key, "v"), .put("k", value), .put(bytes("k"), "v"), .put(bytes("-k").dropFirst(), value)] == [put, put, put, put])
        var read = ByteBuffer(string: "-v")
        read.moveReaderIndex(forwardBy: 1)
        #expect(read.etcdBytes == bytes("v"))

        let operators: [Compare] = [
            .version(of: "k") == 1, .createRevision(of: "k") < 2, .modRevision(of: "k") > 3, .lease(of: "k") != 4, .value(of: "k") == "v",
        ]
        #expect(
            operators == [
                .version("k", .equal, 1), .createRevision(key, .less, 2), .modRevision(ByteBuffer(string: "k"), .greater, 3),
                .lease("k", .notEqual, 4), .value("k", .equal, value),
            ])
    }

    @Test("A write can keep the value or the lease")
    func kept() {
        #expect(.put("k", "", lease: 7, ignoreValue: true) == Transaction.Operation.put(bytes("k"), [], options: .init(lease: 7, ignoreValue: true)))
        #expect(
            .put("k"[...], "v", prevKV: true, ignoreLease: true)
                == Transaction.Operation.put(bytes("k"), bytes("v"), options: .init(prevKV: true, ignoreLease: true)))
    }

    @Test("Parts can be made one by one, and put together")
    func parts() {
        let puts = ["a", "b"].map { Transaction.Operation.put($0, "1", lease: 7) }
        let transaction = Transaction.when([.missing("a")]).and(.missing("b")).then(puts).then(.getAll(prefix: "x")).otherwise([])
        #expect(transaction.compare == [.missing("a"), .missing("b")])
        #expect(
            transaction.success == [
                .put(bytes("a"), bytes("1"), options: .init(lease: 7)), .put(bytes("b"), bytes("1"), options: .init(lease: 7)), .range(.prefix("x")),
            ])
        #expect(transaction.failure.isEmpty)
        let nested: Transaction = .always(.transaction(transaction), .deleteAll(prefix: "y", prevKV: true))
        #expect(nested == Transaction(success: [.transaction(transaction), .deleteRange(.prefix("y"), options: .init(prevKV: true))]))
    }
}
