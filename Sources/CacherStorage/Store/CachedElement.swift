//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

/// An object in the cache, with what selectors look at.
///
/// A class, because the tree's nodes are copied on write: a copied slot costs one retain instead of four.
final class CachedElement: Sendable {
    let object: StoredObject
    /// Read once, when the object enters; nil when the bytes are unreadable. Such an object is listed, but no selector takes it.
    let attributes: SelectionPredicate.Attributes?

    var key: String { object.key }

    init(object: StoredObject, attributes: SelectionPredicate.Attributes?) {
        self.object = object
        self.attributes = attributes
    }
}

extension SelectionPredicate {
    /// Whether an object of the cache is selected; its attributes were read when it came in.
    func matches(_ element: CachedElement) -> Bool {
        if isEmpty { return true }
        guard let attributes = element.attributes else { return false }
        return matches(attributes)
    }
}
