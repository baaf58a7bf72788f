//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Reads and writes of keys: what ``EtcdClient`` and ``EtcdNamespace`` have in common, for code that is to work with either.
///
/// The requirements are etcd's own calls, with all their parameters; what is easier to use stands in extensions. Each promises and throws what
/// ``EtcdClient``'s does.
public protocol EtcdKV: Sendable {
    /// See ``EtcdClient/range(_:options:deadline:)``.
    func range(_ range: KeyRange, options: RangeOptions, deadline: ContinuousClock.Instant?) async throws(EtcdError) -> RangeResponse

    /// See ``EtcdClient/rangeStream(_:options:deadline:)``.
    func rangeStream(_ range: KeyRange, options: RangeOptions, deadline: ContinuousClock.Instant?) -> RangeStream

    /// See ``EtcdClient/put(_:_:options:deadline:)-([UInt8],[UInt8],_,_)``.
    func put(_ key: [UInt8], _ value: [UInt8], options: PutOptions, deadline: ContinuousClock.Instant?) async throws(EtcdError) -> PutResponse

    /// See ``EtcdClient/deleteRange(_:options:deadline:)``.
    func deleteRange(
        _ range: KeyRange, options: DeleteRangeOptions, deadline: ContinuousClock.Instant?
    ) async throws(EtcdError) -> DeleteRangeResponse

    /// See ``EtcdClient/transaction(_:deadline:)``.
    func transaction(_ transaction: Transaction, deadline: ContinuousClock.Instant?) async throws(EtcdError) -> TransactionResponse
}

extension EtcdClient: EtcdKV {}

/// What etcd stores as it is: bytes, or text as its UTF-8.
public protocol EtcdBytes: Sendable {
    /// The bytes that are stored.
    var etcdBytes: [UInt8] { get }
}

extension String: EtcdBytes {
    /// The text's UTF-8.
    public var etcdBytes: [UInt8] { Array(utf8) }
}

extension Substring: EtcdBytes {
    /// The text's UTF-8.
    public var etcdBytes: [UInt8] { Array(utf8) }
}

extension [UInt8]: EtcdBytes {
    /// The bytes themselves.
    public var etcdBytes: [UInt8] { self }
}

extension ArraySlice<UInt8>: EtcdBytes {
    /// A copy of the bytes.
    public var etcdBytes: [UInt8] { Array(self) }
}

extension ByteBuffer: EtcdBytes {
    /// A copy of the readable bytes.
    public var etcdBytes: [UInt8] { Array(readableBytesView) }
}
