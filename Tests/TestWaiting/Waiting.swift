//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What was waited for didn't come.
package struct TookTooLong: Error, CustomStringConvertible {
    package var description: String
    package init(description: String) { self.description = description }
}

/// Fails what doesn't end by itself, rather than hang.
///
/// What is late is cancelled and has ``patience`` to end; then it's left behind, since a test that hangs says nothing of what hung.
package func within<Result: Sendable>(
    _ what: String, _ time: Duration = .seconds(60), _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    let end = FirstEnd<Result>()
    let work = Task {
        do { end.come(.success(try await body())) } catch { end.come(.failure(error)) }
    }
    let alarm = Task {
        do { try await Task.sleep(for: time) } catch { return }
        end.comeLate(TookTooLong(description: "\(what) took longer than \(time)"))
        work.cancel()
        do { try await Task.sleep(for: patience) } catch { return }
        end.come(.failure(TookTooLong(description: "\(what) took longer than \(time), and goes on though it was cancelled")))
    }
    defer { alarm.cancel() }
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { end.wait($0) }
    } onCancel: {
        work.cancel()
        end.leave(after: patience, TookTooLong(description: "\(what) goes on though it was cancelled"))
    }
}

/// How long what was cancelled may take to end.
package let patience: Duration = .seconds(10)

/// Waits until something is so that nobody tells; gives how long it took.
@discardableResult
package func eventually(
    _ what: String, _ time: Duration = .seconds(60), _ isSo: () async throws -> Bool
) async throws -> Duration {
    let start = ContinuousClock.now
    while try await !isSo() {
        guard ContinuousClock.now - start < time else { throw TookTooLong(description: "no \(what) within \(time)") }
        try await Task.sleep(for: .milliseconds(10))
    }
    return ContinuousClock.now - start
}
