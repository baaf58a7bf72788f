//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// A transaction as one expression:
//
//     try await client.transaction(
//         .when(.modRevision(of: "a") == 5, .exists("b"))
//         .then(.put("a", "1"), .delete("b"))
//         .otherwise(.get("a")))
//
// A chain rather than a result builder: its parts are plain values that can be kept, computed, passed on and put together; a condition reads as the
// comparison that it is; and a misspelt part is an error at its own place. What comes of it is a ``Transaction`` like any other.

extension Transaction {
    /// A transaction with conditions.
    public static func when(_ conditions: Compare...) -> Transaction { Transaction(compare: conditions) }

    /// A transaction with conditions.
    public static func when(_ conditions: [Compare]) -> Transaction { Transaction(compare: conditions) }

    /// A transaction without conditions, so that all of this is done.
    public static func always(_ operations: Operation...) -> Transaction { Transaction(success: operations) }

    /// A transaction without conditions, so that all of this is done.
    public static func always(_ operations: [Operation]) -> Transaction { Transaction(success: operations) }

    /// The same with more conditions, which must hold too.
    public func and(_ conditions: Compare...) -> Transaction { and(conditions) }

    /// The same with more conditions, which must hold too.
    public func and(_ conditions: [Compare]) -> Transaction {
        Transaction(compare: compare + conditions, success: success, failure: failure)
    }

    /// The same with more that is done, in order, when all conditions hold.
    public func then(_ operations: Operation...) -> Transaction { then(operations) }

    /// The same with more that is done, in order, when all conditions hold.
    public func then(_ operations: [Operation]) -> Transaction {
        Transaction(compare: compare, success: success + operations, failure: failure)
    }

    /// The same with more that is done, in order, when a condition doesn't hold.
    public func otherwise(_ operations: Operation...) -> Transaction { otherwise(operations) }

    /// The same with more that is done, in order, when a condition doesn't hold.
    public func otherwise(_ operations: [Operation]) -> Transaction {
        Transaction(compare: compare, success: success, failure: failure + operations)
    }
}

extension Transaction.Operation {
    /// Reads one key.
    public static func get(_ key: some EtcdBytes) -> Self { .range(.key(key.etcdBytes)) }

    /// Reads all keys that begin with a prefix.
    public static func getAll(prefix: some EtcdBytes) -> Self { .range(.prefix(prefix.etcdBytes)) }

    /// Writes a key, given as bytes or as text, as its value is.
    /// - Parameters:
    ///   - key: the key.
    ///   - value: its value; empty with `ignoreValue`.
    ///   - lease: what it is to live on; 0 for ever, and with `ignoreLease`.
    ///   - prevKV: answers with what it was before.
    ///   - ignoreValue: keeps the value; the transaction fails with `keyNotFound` when there's no such key.
    ///   - ignoreLease: keeps the lease; the transaction fails with `keyNotFound` when there's no such key.
    @_disfavoredOverload  // Of two arrays and nothing else the case of the same name is made.
    public static func put(
        _ key: some EtcdBytes, _ value: some EtcdBytes, lease: Int64 = 0, prevKV: Bool = false, ignoreValue: Bool = false, ignoreLease: Bool = false
    ) -> Self {
        .put(
            key.etcdBytes, value.etcdBytes,
            options: .init(lease: lease, prevKV: prevKV, ignoreValue: ignoreValue, ignoreLease: ignoreLease))
    }

    /// Deletes one key.
    public static func delete(_ key: some EtcdBytes, prevKV: Bool = false) -> Self {
        .deleteRange(.key(key.etcdBytes), options: .init(prevKV: prevKV))
    }

    /// Deletes all keys that begin with a prefix.
    public static func deleteAll(prefix: some EtcdBytes, prevKV: Bool = false) -> Self {
        .deleteRange(.prefix(prefix.etcdBytes), options: .init(prevKV: prevKV))
    }
}

extension TransactionResponse.Operation {
    /// The answer when it's one to a read.
    public var rangeResponse: RangeResponse? { if case .range(let response) = self { response } else { nil } }
    /// The answer when it's one to a write.
    public var putResponse: PutResponse? { if case .put(let response) = self { response } else { nil } }
    /// The answer when it's one to a delete.
    public var deleteRangeResponse: DeleteRangeResponse? { if case .deleteRange(let response) = self { response } else { nil } }
    /// The answer when it's one to a transaction inside.
    public var transactionResponse: TransactionResponse? { if case .transaction(let response) = self { response } else { nil } }
    /// The keys that were read; none when it's another kind of answer.
    public var kvs: [KeyValue] { rangeResponse?.kvs ?? [] }
}
