//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// One operation on a store, as the client saw it.
package struct RecordedOperation: Sendable, CustomStringConvertible {
    /// What was asked for. Values of writes are unique in a history.
    package enum Kind: Sendable, Hashable {
        /// Writes keys, all at one revision.
        case put([String: String])
        /// Writes a key if its revision is the one expected, 0 for absent; reads it otherwise.
        case guardedPut(String, expected: Int64, value: String)
        case delete(String)
        /// Reads keys. `at` is the revision that was asked for; 0 for the latest.
        case read(Scope, isLinearizable: Bool, at: Int64)

        package var isWrite: Bool {
            if case .read = self { false } else { true }
        }
    }

    /// What a read is about.
    package enum Scope: Sendable, Hashable {
        case key(String)
        /// Every key that begins so.
        case prefix(String)

        package func contains(_ key: String) -> Bool {
            switch self {
            case .key(let only): key == only
            case .prefix(let prefix): key.hasPrefix(prefix)
            }
        }
    }

    /// What came of it.
    package enum Outcome: Sendable, Hashable {
        case done(Answer)
        /// It failed and certainly had no effect.
        case notDone(String)
        /// It failed and may have had its effect, or may yet have it.
        case unknown(String)
    }

    /// What a successful operation was told.
    package struct Answer: Sendable, Hashable {
        /// The header's revision.
        package var revision: Int64
        /// Whether a write changed anything: a guard may have failed, a key to be deleted may have been absent.
        package var changed: Bool
        /// The keys that were read, all that are in scope.
        package var state: [String: Version]

        package init(revision: Int64, changed: Bool = true, state: [String: Version] = [:]) {
            self.revision = revision
            self.changed = changed
            self.state = state
        }
    }

    package typealias Instant = ContinuousClock.Instant

    package var kind: Kind
    package var called: Instant
    package var returned: Instant
    package var outcome: Outcome

    package init(_ kind: Kind, called: Instant, returned: Instant, outcome: Outcome) {
        self.kind = kind
        self.called = called
        self.returned = returned
        self.outcome = outcome
    }

    package var description: String { "\(kind) → \(outcome)" }
}

/// Something that was promised and isn't so.
package struct Violation: Sendable, Hashable, CustomStringConvertible {
    /// What was promised.
    package enum Promise: String, Sendable, Hashable, CaseIterable {
        /// An acknowledged write is there, as it was asked for.
        case durable
        /// A write that failed for certain isn't there; nothing is there that nobody wrote.
        case honest
        /// No write took effect twice.
        case atMostOnce
        /// A guarded write took effect only where its guard held.
        case guarded
        /// What was read is what was there at the revision of the answer.
        case consistent
        /// Revisions agree with real time.
        case realTime

        /// What belongs to one revision comes as a whole: of a write and of a watch.
        case atomic

        // The others of a watch.
        case ordered, unique, reliable, resumable, bookmarkable
        /// Events say the truth about what was there before, and those that weren't wanted don't come.
        case correct
    }

    package var promise: Promise
    package var description: String

    package init(_ promise: Promise, _ text: String) {
        self.promise = promise
        description = "not \(promise.rawValue): \(text)"
    }
}
