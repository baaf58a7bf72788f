//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// One condition of a ``Transaction``.
///
/// A key that is missing has version, revisions and lease 0; it fails every comparison of its value. Over a range the
/// condition must hold for every key in it, and so holds for an empty one.
public struct Compare: Sendable, Hashable {
    /// How the key's property must relate to the one given.
    public enum Relation: Sendable, Hashable, CaseIterable {
        /// It is the same.
        case equal
        /// It is bigger.
        case greater
        /// It is smaller.
        case less
        /// It is another.
        case notEqual
    }

    /// The property that is compared, and with what.
    public enum Target: Sendable, Hashable {
        /// ``KeyValue/version``.
        case version(Int64)
        /// ``KeyValue/createRevision``.
        case createRevision(Int64)
        /// ``KeyValue/modRevision``.
        case modRevision(Int64)
        /// The bytes of the value.
        case value([UInt8])
        /// ``KeyValue/lease``.
        case lease(Int64)
    }

    /// The keys it is about.
    public var range: KeyRange
    /// How they must relate.
    public var relation: Relation
    /// To what.
    public var target: Target

    /// A condition on every key of a range.
    public init(_ range: KeyRange, _ relation: Relation, _ target: Target) {
        self.range = range
        self.relation = relation
        self.target = target
    }

    /// A condition on a key's version.
    public static func version(_ key: some EtcdBytes, _ relation: Relation, _ version: Int64) -> Compare {
        Compare(.key(key.etcdBytes), relation, .version(version))
    }

    /// A condition on the revision that made a key; 0 is that of a missing key.
    public static func createRevision(_ key: some EtcdBytes, _ relation: Relation, _ revision: Int64) -> Compare {
        Compare(.key(key.etcdBytes), relation, .createRevision(revision))
    }

    /// A condition on the revision that last wrote a key; 0 is that of a missing key.
    public static func modRevision(_ key: some EtcdBytes, _ relation: Relation, _ revision: Int64) -> Compare {
        Compare(.key(key.etcdBytes), relation, .modRevision(revision))
    }

    /// A condition on a key's value.
    public static func value(_ key: some EtcdBytes, _ relation: Relation, _ value: some EtcdBytes) -> Compare {
        Compare(.key(key.etcdBytes), relation, .value(value.etcdBytes))
    }

    /// A condition on a key's lease.
    public static func lease(_ key: some EtcdBytes, _ relation: Relation, _ lease: Int64) -> Compare {
        Compare(.key(key.etcdBytes), relation, .lease(lease))
    }
}
