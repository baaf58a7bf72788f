//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

package import Logging
import Synchronization

/// Keeps what is logged, for tests of what is said.
package final class LogRecorder: Sendable {
    /// One line of a log.
    package struct Line: Sendable, CustomStringConvertible {
        package var level: Logger.Level
        package var message: String
        package var metadata: Logger.Metadata

        /// The value of a name; empty when there is none.
        package subscript(name: String) -> String { metadata[name].map { "\($0)" } ?? "" }

        package var description: String { "\(level) \(message) \(metadata)" }
    }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            recorder.recorded.withLock {
                $0.append(Line(level: event.level, message: "\(event.message)", metadata: metadata.merging(event.metadata ?? [:]) { $1 }))
            }
        }
    }

    private let recorded = Mutex<[Line]>([])
    private let level: Logger.Level

    package init(level: Logger.Level = .info) { self.level = level }

    /// All lines so far.
    package var lines: [Line] { recorded.withLock { $0 } }

    /// What was logged since the last time.
    package func take() -> [Line] {
        recorded.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }

    /// Writes here.
    package var logger: Logger { Logger(label: "test") { _ in Handler(recorder: self, logLevel: self.level) } }
}
