//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// How many keys to ask for at once.
///
/// A list with a selector may find few objects in a page, so its pages double: a rare object among a thousand costs ten requests, not a thousand.
struct PageSize: Sendable, Hashable {
    /// Pages don't grow beyond this; a larger one that was asked for is left as it is.
    static let maximum = 10_000

    /// The size of the next page.
    private(set) var current: Int

    /// - Parameters:
    ///   - limit: what the caller asked for; 0 for everything.
    ///   - unlimitedPage: the size of pages where everything is asked for.
    init(limit: Int, unlimitedPage: Int) {
        current = limit > 0 ? limit : unlimitedPage
    }

    /// A page was too large for an answer; false when it was of one object, so that none smaller can be asked for.
    mutating func shrink() -> Bool {
        guard current > 1 else { return false }
        current = max(1, current / 8)
        return true
    }

    /// To be called after each page that wasn't the last.
    mutating func grow() {
        if current < PageSize.maximum { current = min(current * 2, PageSize.maximum) }
    }
}
