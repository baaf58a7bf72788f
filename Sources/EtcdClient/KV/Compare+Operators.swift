//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension Compare {
    /// A number that etcd keeps about a key, to be compared: `.version(of: "a") == 1`.
    ///
    /// Not `Equatable`: `==` makes a condition of it.
    public struct Number: Sendable {
        fileprivate enum Property: Sendable {
            case version, createRevision, modRevision, lease
        }

        fileprivate var range: KeyRange
        fileprivate var property: Property

        fileprivate func compare(_ relation: Relation, _ number: Int64) -> Compare {
            switch property {
            case .version: Compare(range, relation, .version(number))
            case .createRevision: Compare(range, relation, .createRevision(number))
            case .modRevision: Compare(range, relation, .modRevision(number))
            case .lease: Compare(range, relation, .lease(number))
            }
        }
    }

    /// A key's value, to be compared: `.value(of: "a") == "1"`. A key that is missing fails every comparison.
    ///
    /// Not `Equatable`: `==` makes a condition of it.
    public struct Bytes: Sendable {
        fileprivate var range: KeyRange
    }

    /// Holds when the key is there.
    public static func exists(_ key: some EtcdBytes) -> Compare { .createRevision(key, .greater, 0) }

    /// Holds when the key isn't there.
    public static func missing(_ key: some EtcdBytes) -> Compare { .createRevision(key, .equal, 0) }
}

extension Compare.Number {
    /// ``KeyValue/version``; 0 of a missing key.
    public static func version(of key: some EtcdBytes) -> Self { .version(ofAll: .key(key.etcdBytes)) }
    /// ``KeyValue/createRevision``; 0 of a missing key.
    public static func createRevision(of key: some EtcdBytes) -> Self { .createRevision(ofAll: .key(key.etcdBytes)) }
    /// ``KeyValue/modRevision``; 0 of a missing key.
    public static func modRevision(of key: some EtcdBytes) -> Self { .modRevision(ofAll: .key(key.etcdBytes)) }
    /// ``KeyValue/lease``; 0 of a missing key.
    public static func lease(of key: some EtcdBytes) -> Self { .lease(ofAll: .key(key.etcdBytes)) }

    /// ``KeyValue/version`` of every key there is in a range.
    public static func version(ofAll range: KeyRange) -> Self { Self(range: range, property: .version) }
    /// ``KeyValue/createRevision`` of every key there is in a range.
    public static func createRevision(ofAll range: KeyRange) -> Self { Self(range: range, property: .createRevision) }
    /// ``KeyValue/modRevision`` of every key there is in a range.
    public static func modRevision(ofAll range: KeyRange) -> Self { Self(range: range, property: .modRevision) }
    /// ``KeyValue/lease`` of every key there is in a range.
    public static func lease(ofAll range: KeyRange) -> Self { Self(range: range, property: .lease) }

    /// Holds when it's the same.
    public static func == (number: Self, other: Int64) -> Compare { number.compare(.equal, other) }
    /// Holds when it's another.
    public static func != (number: Self, other: Int64) -> Compare { number.compare(.notEqual, other) }
    /// Holds when it's smaller.
    public static func < (number: Self, other: Int64) -> Compare { number.compare(.less, other) }
    /// Holds when it's bigger.
    public static func > (number: Self, other: Int64) -> Compare { number.compare(.greater, other) }
}

extension Compare.Bytes {
    /// ``KeyValue/value``.
    public static func value(of key: some EtcdBytes) -> Self { .value(ofAll: .key(key.etcdBytes)) }
    /// ``KeyValue/value`` of every key there is in a range.
    public static func value(ofAll range: KeyRange) -> Self { Self(range: range) }

    /// Holds when it's the same.
    public static func == (value: Self, other: some EtcdBytes) -> Compare { Compare(value.range, .equal, .value(other.etcdBytes)) }
    /// Holds when it's another.
    public static func != (value: Self, other: some EtcdBytes) -> Compare { Compare(value.range, .notEqual, .value(other.etcdBytes)) }
    /// Holds when it's smaller, by bytes.
    public static func < (value: Self, other: some EtcdBytes) -> Compare { Compare(value.range, .less, .value(other.etcdBytes)) }
    /// Holds when it's bigger, by bytes.
    public static func > (value: Self, other: some EtcdBytes) -> Compare { Compare(value.range, .greater, .value(other.etcdBytes)) }
}
