//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Storage

/// Decides how the reflector goes on when a list or a watch of the store has ended.
///
/// Source of the rule: upstream client-go's reflector, and the cacher's loop around it.
struct ReflectorPolicy: Sendable {
    /// What the reflector does next.
    enum Step: Sendable, Equatable {
        /// Read everything. Client watches have been ended.
        case list
        /// Follow the changes from where the cache is.
        case watch
    }

    /// How the last step ended.
    enum Outcome: Sendable {
        case listed
        case listFailed(StorageError)
        /// The watch ended without a reason, which isn't a failure.
        case watchEnded(lasted: Duration, brought: Bool)
        case watchFailed(StorageError, brought: Bool)

        var failure: StorageError? {
            switch self {
            case .listed, .watchEnded: nil
            case .listFailed(let error), .watchFailed(let error, _): error
            }
        }
    }

    struct Action: Sendable, Equatable {
        let next: Step
        let delay: Duration
    }

    let relistBackoff: Duration
    let watchRetryLimit: Duration
    /// Since when the watch can't be restarted.
    private var failingSince: ContinuousClock.Instant?

    init(relistBackoff: Duration, watchRetryLimit: Duration) {
        self.relistBackoff = relistBackoff
        self.watchRetryLimit = watchRetryLimit
    }

    mutating func handle(_ outcome: Outcome, now: ContinuousClock.Instant) -> Action {
        switch outcome {
        case .listed:
            failingSince = nil
            return Action(next: .watch, delay: .zero)
        case .listFailed:
            failingSince = nil
            return Action(next: .list, delay: relistBackoff)
        case .watchEnded(let lasted, let brought):
            // A watch that ends at once and brings nothing, over and over, would spin; a list finds out what is wrong.
            guard brought || lasted >= .seconds(1) else { return Action(next: .list, delay: relistBackoff) }
            failingSince = nil
            return Action(next: .watch, delay: .zero)
        case .watchFailed(let error, let brought):
            guard error.code == .unreachable || error.code == .timeout else {
                failingSince = nil
                return Action(next: .list, delay: relistBackoff)
            }
            if brought { failingSince = nil }
            let since = failingSince ?? now
            failingSince = since
            // Nothing is lost while the store is away: the watch can go on where it was, so clients keep theirs.
            let isPatient = since.duration(to: now) < watchRetryLimit
            if !isPatient { failingSince = nil }
            return Action(next: isPatient ? .watch : .list, delay: relistBackoff)
        }
    }
}
