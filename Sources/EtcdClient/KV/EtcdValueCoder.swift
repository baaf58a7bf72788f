//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Turns values into bytes and back, as `JSONEncoder` and `JSONDecoder` do. This package brings none: a JSON one is four lines in a program that has
/// Foundation.
///
/// ```swift
/// struct JSON: EtcdValueCoder {
///     func encode(_ value: some Encodable) throws -> [UInt8] { Array(try JSONEncoder().encode(value)) }
///     func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value { try JSONDecoder().decode(type, from: Data(bytes)) }
/// }
/// ```
public protocol EtcdValueCoder: Sendable {
    /// The bytes of a value.
    func encode(_ value: some Encodable) throws -> [UInt8]
    /// The value of some bytes.
    func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value
}

/// A value, and the key that it's stored under.
public struct EtcdValue<Value> {
    /// The value.
    public var value: Value
    /// The key with its revisions, its lease, and the value's bytes.
    public var kv: KeyValue

    /// A value.
    public init(value: Value, kv: KeyValue) {
        self.value = value
        self.kv = kv
    }
}

extension EtcdValue: Sendable where Value: Sendable {}
extension EtcdValue: Equatable where Value: Equatable {}
extension EtcdValue: Hashable where Value: Hashable {}

extension EtcdKV {
    /// A view of the same keys whose values are `Codable`.
    public func coding<Coder: EtcdValueCoder>(by coder: Coder) -> EtcdCodableKV<Self, Coder> { EtcdCodableKV(base: self, coder: coder) }
}

extension EtcdError.Code {
    /// The coder couldn't make bytes of a value.
    public static let valueNotEncodable = Self("value not encodable")
    /// The coder couldn't make a value of the bytes that are stored.
    public static let valueNotDecodable = Self("value not decodable")
}

/// Keys whose values are `Codable`: see ``EtcdKV/coding(by:)``.
public struct EtcdCodableKV<Base: EtcdKV, Coder: EtcdValueCoder>: Sendable {
    /// Where the keys are.
    public let base: Base
    /// What makes bytes of values.
    public let coder: Coder

    /// Reads one key: see ``EtcdKV/get(_:options:deadline:)``.
    /// - Throws: `valueNotDecodable` too.
    public func get<Value: Decodable>(
        _ key: some EtcdBytes, as type: Value.Type = Value.self, options: RangeOptions = .init(), deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> EtcdValue<Value>? {
        guard let kv = try await base.get(key, options: options, deadline: deadline) else { return nil }
        return EtcdValue(value: try decode(type, kv), kv: kv)
    }

    /// Reads all keys that begin with a prefix: see ``EtcdKV/getAll(prefix:options:deadline:)``.
    /// - Throws: `valueNotDecodable` too, which names the key; read the others by ``base``.
    public func getAll<Value: Decodable>(
        prefix: some EtcdBytes, as type: Value.Type = Value.self, options: RangeOptions = .init(), deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> [EtcdValue<Value>] {
        var values: [EtcdValue<Value>] = []
        for kv in try await base.getAll(prefix: prefix, options: options, deadline: deadline) {
            values.append(EtcdValue(value: try decode(type, kv), kv: kv))
        }
        return values
    }

    /// Writes a key: see ``EtcdClient/put(_:_:options:deadline:)-([UInt8],[UInt8],_,_)``.
    /// - Throws: `valueNotEncodable` too.
    @discardableResult
    public func put(
        _ key: some EtcdBytes, _ value: some Encodable, options: PutOptions = .init(), deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> PutResponse {
        try await base.put(key.etcdBytes, try encode(value, key), options: options, deadline: deadline)
    }

    /// Writes a key unless it is there: see ``EtcdKV/putIfAbsent(_:_:lease:deadline:)``.
    /// - Throws: `valueNotEncodable` too.
    public func putIfAbsent(
        _ key: some EtcdBytes, _ value: some Encodable, lease: Int64 = 0, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> ConditionalOutcome {
        try await base.putIfAbsent(key, try encode(value, key), lease: lease, deadline: deadline)
    }

    /// Writes a key if nobody has written it since it was read: see ``EtcdKV/put(_:_:ifModRevision:lease:deadline:)``.
    /// - Throws: `valueNotEncodable` too.
    public func put(
        _ key: some EtcdBytes, _ value: some Encodable, ifModRevision: Int64, lease: Int64 = 0, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> ConditionalOutcome {
        try await base.put(key, try encode(value, key), ifModRevision: ifModRevision, lease: lease, deadline: deadline)
    }

    /// Writes a key if it is there with a value: see ``EtcdKV/put(_:_:ifValue:lease:deadline:)``.
    ///
    /// Bytes are compared: the coder must make the same of equal values, as `JSONEncoder` does with `sortedKeys` only.
    /// - Throws: `valueNotEncodable` too.
    public func put<Value: Encodable>(
        _ key: some EtcdBytes, _ value: Value, ifValue: Value, lease: Int64 = 0, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) -> ConditionalOutcome {
        try await base.put(key, try encode(value, key), ifValue: try encode(ifValue, key), lease: lease, deadline: deadline)
    }

    /// Deletes one key, whatever it holds: see ``EtcdKV/delete(_:deadline:)``.
    /// - Returns: whether it was there.
    @discardableResult
    public func delete(_ key: some EtcdBytes, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> Bool {
        try await base.delete(key, deadline: deadline)
    }

    /// Changes a key by what it is: see ``EtcdKV/update(_:lease:deadline:_:)``.
    /// - Throws: `valueNotEncodable` and `valueNotDecodable` too.
    @discardableResult
    public func update<Value: Codable>(
        _ key: some EtcdBytes, as type: Value.Type = Value.self, lease: Int64? = nil, deadline: ContinuousClock.Instant? = nil,
        _ change: (Value?) async throws -> Value?
    ) async throws -> Int64? {
        try await base.update(key, lease: lease, deadline: deadline) { found in
            guard let value = try await change(try found.map { try decode(type, $0) }) else { return nil }
            return try encode(value, key)
        }
    }

    private func encode(_ value: some Encodable, _ key: some EtcdBytes) throws(EtcdError) -> [UInt8] {
        do {
            return try coder.encode(value)
        } catch {
            throw EtcdError(.valueNotEncodable, message: "\(type(of: value)) for \(KeyRange.text(key.etcdBytes)): \(error)")
        }
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ kv: KeyValue) throws(EtcdError) -> Value {
        do {
            return try coder.decode(type, from: kv.value)
        } catch {
            throw EtcdError(.valueNotDecodable, message: "\(type) in \(KeyRange.text(kv.key)) of revision \(kv.modRevision): \(error)")
        }
    }
}
