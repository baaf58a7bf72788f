//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Logging
import Storage

/// Carries the events of one watch to one client.
///
/// What is there is written together and flushed once. A slow client suspends only this writer; its events wait in the shared log of the
/// cache, not here.
struct WatchWriter: Sendable {
    /// What is written at once at most, but for a single larger event.
    static let maximumWrite = 256 * 1024

    let stream: WatchStream
    let framing: WatchFraming
    let logger: Logger

    /// Writes until the watch ends, or for so long.
    func write(to writer: inout any HTTPBodyWriter, for lifetime: Duration) async throws {
        defer { stream.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [stream] in
                // Sleeping throws only when cancelled, which means that the watch has ended already.
                guard (try? await Task.sleep(for: lifetime)) != nil else { return }
                stream.cancel()
            }
            try await writeEvents(to: &writer)
            group.cancelAll()
        }
    }

    private func writeEvents(to writer: inout any HTTPBodyWriter) async throws {
        var framing = framing
        while true {
            let batch = await stream.nextBatch()
            if batch.isEmpty { return }
            var chunks: [[UInt8]] = []
            var size = 0
            for event in batch {
                do {
                    chunks.append(try framing.frame(event))
                } catch {
                    logger.warning("a watch event can't be written, so the watch ends", metadata: ["error": "\(error.message)"])
                    chunks.append(WatchFraming.line(error: error))
                    try await writer.write(chunks)
                    return
                }
                size += chunks[chunks.count - 1].count
                if size >= Self.maximumWrite {
                    try await writer.write(chunks)
                    chunks.removeAll(keepingCapacity: true)
                    size = 0
                }
            }
            if !chunks.isEmpty { try await writer.write(chunks) }
            if case .failure = batch[batch.count - 1] { return }
        }
    }
}
