//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What a range was.
public struct RangeResponse: Sendable, Hashable {
    /// Who answered. Its revision is that of the store at the time, not the one that was asked for.
    public var header: ResponseHeader
    /// The keys, in the order that was asked for.
    public var kvs: [KeyValue]
    /// Whether the limit left keys out.
    public var more: Bool
    /// How many keys the range has, whatever the limit and the revision filters.
    public var count: Int64

    /// An answer.
    public init(header: ResponseHeader = .init(), kvs: [KeyValue] = [], more: Bool = false, count: Int64 = 0) {
        self.header = header
        self.kvs = kvs
        self.more = more
        self.count = count
    }
}

/// What a write of one key did.
public struct PutResponse: Sendable, Hashable {
    /// Who answered; its revision is that of the write, except inside a transaction's answer.
    public var header: ResponseHeader
    /// What the key was before, when ``PutOptions/prevKV`` was set and it was there.
    public var prevKV: KeyValue?

    /// An answer.
    public init(header: ResponseHeader = .init(), prevKV: KeyValue? = nil) {
        self.header = header
        self.prevKV = prevKV
    }
}

/// What a delete did.
public struct DeleteRangeResponse: Sendable, Hashable {
    /// Who answered; its revision is that of the delete, if there was anything to delete.
    public var header: ResponseHeader
    /// How many keys went.
    public var deleted: Int64
    /// What they were, when ``DeleteRangeOptions/prevKV`` was set.
    public var prevKVs: [KeyValue]

    /// An answer.
    public init(header: ResponseHeader = .init(), deleted: Int64 = 0, prevKVs: [KeyValue] = []) {
        self.header = header
        self.deleted = deleted
        self.prevKVs = prevKVs
    }
}

/// What a transaction did.
public struct TransactionResponse: Sendable, Hashable {
    /// The answer to one operation.
    public enum Operation: Sendable, Hashable {
        /// To ``Transaction/Operation/range(_:options:)``.
        case range(RangeResponse)
        /// To ``Transaction/Operation/put(_:_:options:)``.
        case put(PutResponse)
        /// To ``Transaction/Operation/deleteRange(_:options:)``.
        case deleteRange(DeleteRangeResponse)
        /// To ``Transaction/Operation/transaction(_:)``.
        case transaction(TransactionResponse)
    }

    /// Who answered; its revision is that of the writes, if there were any.
    public var header: ResponseHeader
    /// Whether every comparison held, so that the success operations ran; otherwise the failure operations did.
    public var succeeded: Bool
    /// The answers, in the order of the operations that ran.
    public var responses: [Operation]

    /// An answer.
    public init(header: ResponseHeader = .init(), succeeded: Bool = false, responses: [Operation] = []) {
        self.header = header
        self.succeeded = succeeded
        self.responses = responses
    }
}
