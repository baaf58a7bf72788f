//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import NIOCore

// Streams of many answers to one request.

extension EtcdClient {
    /// A server stream whose first messages are there.
    struct OpenedStream: Sendable {
        var stream: GRPCStream
        /// Empty when the server ended the stream, and said nothing before.
        var first: [ByteBuffer]
    }

    /// Sends a request, and waits for the first of its answers. Until that is there all is repeated as the call's kind allows.
    /// - Parameters:
    ///   - deadline: for the first answer; the stream itself has the call's.
    ///   - silenceCounts: whether a server that says nothing until then loses its connection: not when the caller is in a hurry.
    func openServerStream(
        _ call: Call, request: [UInt8], until deadline: ContinuousClock.Instant, silenceCounts: Bool
    ) async throws(EtcdError) -> OpenedStream {
        try await repeating(call, until: NIODeadline(deadline)) { [transport] metadata async throws(GRPCError) in
            let stream = try await within(deadline) { () async throws(GRPCError) in
                let stream = try await transport.openStream(
                    call.method, lane: call.lane, metadata: metadata, deadline: call.deadline.map(ContinuousClock.Instant.init),
                    endpoint: call.endpoint)
                try await stream.send(request)
                stream.finishSending()
                return stream
            }
            do throws(GRPCError) {
                let first = try await within(deadline) { () async throws(GRPCError) in try await stream.nextMessages() }
                return OpenedStream(stream: stream, first: first)
            } catch {
                if error.origin == .deadline, silenceCounts { stream.reportWedged() }
                stream.cancel()
                throw error
            }
        }
    }
}

/// Runs something that ends by being cancelled when its time is over.
/// - Parameter extended: asked at the deadline for a later one, and at that again.
func within<Result: Sendable>(
    _ deadline: ContinuousClock.Instant, extended: (@Sendable () -> ContinuousClock.Instant)? = nil,
    _ body: @escaping @Sendable () async throws(GRPCError) -> Result
) async throws(GRPCError) -> Result {
    typealias Outcome = Swift.Result<Result, GRPCError>
    let (outcome, isLate) = await withTaskGroup(of: Outcome?.self) { group -> (Outcome?, Bool) in
        group.addTask {
            do throws(GRPCError) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        group.addTask {
            do {
                try await Task.sleep(until: deadline.reckonable)
                while let later = extended?(), later > .now { try await Task.sleep(until: later.reckonable) }
            } catch {
                // The body is done, or is cancelled as well and tells so itself.
            }
            return nil
        }
        var outcome = await group.next() ?? nil
        let isLate = outcome == nil && !Task.isCancelled
        group.cancelAll()
        while let next = await group.next() { outcome = next ?? outcome }
        return (outcome, isLate)
    }
    switch outcome {
    // It may have made it all the same.
    case .success(let result)?: return result
    case .failure(var error)?:
        if isLate && error.origin == .caller {
            error.code = .deadlineExceeded
            error.origin = .deadline
            error.message = "the server said nothing in time"
        }
        throw error
    case nil: throw GRPCError(code: .cancelled, message: "the task was cancelled", disposition: .mayHaveExecuted, origin: .caller)
    }
}
