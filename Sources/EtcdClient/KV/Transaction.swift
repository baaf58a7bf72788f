//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Reads and writes that happen at once, and only under conditions.
///
/// When every comparison holds the success operations run, otherwise the failure operations. All writes get one revision, and no key may be
/// written twice. A server takes 128 operations or comparisons a list unless it was told otherwise.
public struct Transaction: Sendable, Hashable {
    /// What a transaction does.
    public indirect enum Operation: Sendable, Hashable {
        /// Reads, and sees what earlier operations of the same transaction wrote.
        case range(KeyRange, options: RangeOptions = .init())
        /// Writes a key.
        case put([UInt8], [UInt8], options: PutOptions = .init())
        /// Deletes keys.
        case deleteRange(KeyRange, options: DeleteRangeOptions = .init())
        /// A transaction inside this one; its comparisons see the store as it was before the outermost began.
        case transaction(Transaction)
    }

    /// The conditions; with none the success operations run.
    public var compare: [Compare]
    /// What to do when all hold.
    public var success: [Operation]
    /// What to do when one doesn't.
    public var failure: [Operation]

    /// A transaction.
    public init(compare: [Compare] = [], success: [Operation] = [], failure: [Operation] = []) {
        self.compare = compare
        self.success = success
        self.failure = failure
    }

    /// Whether neither branch writes, so that it may be repeated at will.
    public var isReadOnly: Bool {
        (success + failure).allSatisfy {
            switch $0 {
            case .range: true
            case .put, .deleteRange: false
            case .transaction(let inner): inner.isReadOnly
            }
        }
    }
}
