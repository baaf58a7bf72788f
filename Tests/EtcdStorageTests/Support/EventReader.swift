//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage
import Testing

/// Reads a watch event by event, for tests. A watch that says nothing for too long is a failure, not a hang.
final class EventReader {
    private let stream: WatchStream
    private var pending: ArraySlice<WatchEvent> = []

    init(_ stream: WatchStream) {
        self.stream = stream
    }

    struct TimedOut: Error, CustomStringConvertible {
        var description: String { "the watch said nothing for 30 s" }
    }

    /// The next event; nil at the end.
    func next() async throws -> WatchEvent? {
        if pending.isEmpty {
            let stream = stream
            pending = try await withThrowingTaskGroup(of: [WatchEvent].self) { group in
                group.addTask { await stream.nextBatch() }
                group.addTask {
                    try await Task.sleep(for: .seconds(30))
                    throw TimedOut()
                }
                defer { group.cancelAll() }
                return try await group.next() ?? []
            }[...]
        }
        return pending.popFirst()
    }

    /// The next event as text: `ADDED ns/a 12`, `BOOKMARK`, `END`…
    func nextLine() async throws -> String {
        EventReader.line(try await next())
    }

    /// The next lines.
    func lines(_ count: Int) async throws -> [String] {
        var lines: [String] = []
        while lines.count < count { lines.append(try await nextLine()) }
        return lines
    }

    /// The next change.
    func change() async throws -> WatchChange {
        guard case .change(let change)? = try await next() else { throw StorageHarnessFailure() }
        return change
    }

    static func line(_ event: WatchEvent?) -> String {
        switch event {
        case nil: "END"
        case .change(let change)?: "\(change.kind.rawValue) \([change.object].names[0]) \(change.object.resourceVersion)"
        case .bookmark(let version, let endsInitialEvents)?: "BOOKMARK\(endsInitialEvents ? " initial-events-end" : "") \(version)"
        case .failure(let error)?: "ERROR \(error.code)"
        }
    }
}

extension WatchChange.Kind {
    /// The line of an event of this kind.
    func of(_ object: StoredObject) -> String { "\(rawValue) \([object].names[0]) \(object.resourceVersion)" }
}
