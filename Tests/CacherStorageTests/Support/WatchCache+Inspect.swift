//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

@testable import CacherStorage

extension WatchCache {
    /// Looks at the state, for what no caller can see.
    func inspect<T: Sendable>(_ body: (State) -> T) -> T {
        state.withLock { body($0) }
    }
}
