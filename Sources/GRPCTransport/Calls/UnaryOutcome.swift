//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What a unary call came to: an answer or an error.
struct UnaryOutcome {
    /// Freed with its call.
    var answer: SessionMessage?
    var metadata = GRPCMetadata()
    private(set) var trailers = GRPCMetadata()
    private(set) var error: GRPCError?
    private var isOver = false

    /// Notes the first end. The session lets no call succeed without an answer.
    mutating func take(_ end: CallState.End) {
        guard !isOver else { return }
        isOver = true
        switch end {
        case .succeeded(let trailers): self.trailers = trailers
        case .failed(let error): self.error = error
        }
    }
}
