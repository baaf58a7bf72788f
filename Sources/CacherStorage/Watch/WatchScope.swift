//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

/// What a watch is about, as far as that decides which events wake it: a key or all keys below one, and one field that must have one value.
///
/// The field is what upstream's index triggers are for: a thousand watchers that each follow the pods of one node aren't all woken by every pod.
struct WatchScope: Sendable, Hashable {
    /// Ends in a slash when it stands for all the keys below it.
    let key: String
    let field: String?
    let value: String

    init(key: String, predicate: SelectionPredicate) {
        self.key = key
        let pinned = predicate.fields.fields.lazy.compactMap { name in predicate.fields.requiredValue(of: name).map { (name, $0) } }.first
        field = pinned?.0
        value = pinned?.1 ?? ""
    }

    var isPrefix: Bool { key.utf8.last == UInt8(ascii: "/") }

    /// Whether a key lies in the scope.
    func contains(_ candidate: String) -> Bool {
        KeyOrder.withBytes(of: candidate) { candidate in
            KeyOrder.withBytes(of: key) { key in
                if candidate.count < key.count { return false }
                if !isPrefix, candidate.count != key.count { return false }
                return KeyOrder.compare(UnsafeRawBufferPointer(rebasing: candidate[..<key.count]), key) == 0
            }
        }
    }

    /// All the scope keys that a key falls under: itself, and every path above it.
    static func keys(covering key: String) -> [String] {
        var covering = [key]
        let bytes = key.utf8
        var index = bytes.startIndex
        while let slash = bytes[index...].firstIndex(of: UInt8(ascii: "/")) {
            index = bytes.index(after: slash)
            if index != bytes.endIndex { covering.append(String(key[..<index])) }
        }
        return covering
    }
}
