//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Says to other tasks that it's enough.
final class Flag: Sendable {
    private let state = Atomic(false)
    var isSet: Bool { state.load(ordering: .relaxed) }
    func set() { state.store(true, ordering: .relaxed) }
}

/// A number that other tasks look at.
final class Counter: Sendable {
    private let state = Atomic(0)
    var value: Int {
        get { state.load(ordering: .relaxed) }
        set { state.store(newValue, ordering: .relaxed) }
    }
    func increment() { state.add(1, ordering: .relaxed) }
    /// The number, which is counted; nil once it has come to a limit.
    func take(below limit: Int) -> Int? {
        let (before, _) = state.add(1, ordering: .relaxed)
        return before < limit ? before : nil
    }
}

/// What happened, in order.
final class Log<Element: Sendable>: Sendable {
    private let state = Mutex<[Element]>([])
    var all: [Element] { state.withLock { $0 } }
    func append(_ element: Element) { state.withLock { $0.append(element) } }
}
