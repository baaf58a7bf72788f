//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Crypto
import Synchronization

/// The transformers in effect. Replaced at once for all resources.
final class CurrentTransformers: Sendable {
    private struct State {
        var transformers: EncryptionTransformers
        var digest: SHA256Digest
        var lastFailure: String?
        var generation = 1
    }

    private let state: Mutex<State>

    init(_ transformers: EncryptionTransformers, digest: SHA256Digest) {
        state = Mutex(State(transformers: transformers, digest: digest))
    }

    var transformers: EncryptionTransformers { state.withLock { $0.transformers } }
    var generation: Int { state.withLock { $0.generation } }
    /// Of the file that made them.
    var digest: SHA256Digest { state.withLock { $0.digest } }

    /// Why the changed file is of no use; nil when there is none.
    var lastFailure: String? {
        get { state.withLock { $0.lastFailure } }
        set { state.withLock { $0.lastFailure = newValue } }
    }

    func replace(with transformers: EncryptionTransformers, digest: SHA256Digest) {
        state.withLock { $0 = State(transformers: transformers, digest: digest, generation: $0.generation + 1) }
    }
}
