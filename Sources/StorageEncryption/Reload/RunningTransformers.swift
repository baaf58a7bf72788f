//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Transformers whose key management services run until nobody needs them any more.
struct RunningTransformers: Sendable {
    let transformers: EncryptionTransformers
    private let retirement: AsyncStream<Duration>
    private let retire: AsyncStream<Duration>.Continuation

    init(_ transformers: EncryptionTransformers) {
        self.transformers = transformers
        (retirement, retire) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    /// Runs the services until some time after ``retire(after:)``, or until the task is cancelled.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await transformers.run() }
            group.addTask {
                for await grace in retirement {
                    try await Task.sleep(for: grace, clock: .continuous)
                    return
                }
            }
            // The services end only by failing or being cancelled; the other one by retirement.
            try await group.next()
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    }

    /// Has the services end after a while, in which calls come to an end.
    func retire(after grace: Duration) { retire.yield(grace) }

    /// Waits until values can be written.
    /// - Throws: what keeps them from it after `timeout`.
    func waitUntilReady(timeout: Duration) async throws {
        let isReady = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await transformers.waitUntilReady()
                return true
            }
            group.addTask {
                try await Task.sleep(for: timeout, clock: .continuous)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        guard !isReady else { return }
        try transformers.checkHealth()
        throw EncryptionError(.keyServiceUnavailable, "the key management services did not answer within \(timeout)")
    }
}
