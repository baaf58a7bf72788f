//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The version of an object or of a whole list: the etcd revision that wrote it.
///
/// Clients must treat the text as opaque, but inside the stack it is a number and is compared as one ("9" is older than "10").
/// ``zero`` means "none" on an object and "any version will do" on a read.
///
/// Source of the rule: upstream storage.APIObjectVersioner.
public struct ResourceVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The revision; 0 when there is none.
    public let value: UInt64

    /// No version (on an object), or any version (on a read).
    public static let zero = ResourceVersion(0)

    /// A version from an etcd revision.
    public init(_ value: UInt64) {
        self.value = value
    }

    /// Parses the text form. Empty text and "0" give ``zero``; anything that isn't an unsigned 64-bit decimal gives nil.
    public init?(parsing text: some StringProtocol) {
        if text.isEmpty {
            self = .zero
            return
        }
        guard text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }), let value = UInt64(text) else {
            return nil
        }
        self.value = value
    }

    /// True when there is no version.
    public var isZero: Bool { value == 0 }

    /// The text that leaves in `metadata.resourceVersion`: decimal, empty for ``zero``.
    public var description: String { value == 0 ? "" : String(value) }

    /// Older, as numbers compare.
    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.value < rhs.value }
}
