//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

/// Reads a watch event by event. A watch that says nothing for too long is a failure, not a hang. For one task.
final class EventReader {
    let stream: WatchStream
    private let patience: Duration
    private var pending: ArraySlice<WatchEvent> = []

    init(_ stream: WatchStream, patience: Duration) {
        self.stream = stream
        self.patience = patience
    }

    /// The next event; nil at the end.
    func next() async throws -> WatchEvent? {
        if pending.isEmpty {
            let (stream, patience) = (stream, patience)
            pending = try await withThrowingTaskGroup(of: [WatchEvent].self) { group in
                group.addTask { await stream.nextBatch() }
                group.addTask {
                    try await Task.sleep(for: patience)
                    throw ConformanceFailure("the watch said nothing for \(patience)")
                }
                defer { group.cancelAll() }
                return try await group.next() ?? []
            }[...]
        }
        return pending.popFirst()
    }

    /// The next event as text: `ADDED ns/a 12`, `BOOKMARK 12`, `ERROR …`, `END`.
    func line() async throws -> String { EventReader.line(try await next()) }

    func lines(_ count: Int) async throws -> [String] {
        var lines: [String] = []
        while lines.count < count { lines.append(try await line()) }
        return lines
    }

    /// The next line that is no bookmark: a storage may tell its progress at any time to those who allow it.
    func lineWithoutBookmarks() async throws -> String {
        while true {
            let event = try await next()
            if case .bookmark(_, endsInitialEvents: false)? = event { continue }
            return EventReader.line(event)
        }
    }

    /// The next event must be a change.
    func change(line: Int = #line, file: String = #fileID) async throws -> WatchChange {
        let event = try await next()
        guard case .change(let change)? = event else {
            throw ConformanceFailure("expected a change, found \(EventReader.line(event)) (\(file):\(line))")
        }
        return change
    }

    /// The failure that the watch ends with, however much comes before it.
    func failure() async throws -> StorageError {
        while let event = try await next() {
            if case .failure(let error) = event { return error }
        }
        throw ConformanceFailure("the watch ended without a failure")
    }

    /// The next event must be a bookmark.
    func bookmark(line: Int = #line, file: String = #fileID) async throws -> (version: ResourceVersion, endsInitialEvents: Bool) {
        let event = try await next()
        guard case .bookmark(let version, let ends)? = event else {
            throw ConformanceFailure("expected a bookmark, found \(EventReader.line(event)) (\(file):\(line))")
        }
        return (version, ends)
    }

    /// Nothing more must come. A wait that is short, since nothing can be waited for; ends the watch.
    func requireSilence(_ what: String, line: Int = #line, file: String = #fileID) async throws {
        let stream = stream
        let batch = await withTaskGroup(of: [WatchEvent].self) { group in
            group.addTask { await stream.nextBatch() }
            group.addTask {
                // Ends early only when it is no longer needed.
                try? await Task.sleep(for: .milliseconds(50))
                return []
            }
            defer { group.cancelAll() }
            return await group.next() ?? []
        }
        let told = (pending + batch).map { EventReader.line($0) }.filter { !$0.hasPrefix("BOOKMARK") }
        try require(told.isEmpty, "\(what): expected nothing more, found \(told)", line: line, file: file)
        stream.cancel()
    }

    static func line(_ event: WatchEvent?) -> String {
        switch event {
        case nil: "END"
        case .change(let change)?: change.kind.line(change.object)
        case .bookmark(let version, let endsInitialEvents)?: "BOOKMARK\(endsInitialEvents ? " initial-events-end" : "") \(version)"
        case .failure(let error)?: "ERROR \(error.code)"
        }
    }
}

extension WatchChange.Kind {
    /// The line of an event of this kind.
    func line(_ object: StoredObject) -> String { "\(rawValue) \(object.shortName) \(object.resourceVersion)" }
}
