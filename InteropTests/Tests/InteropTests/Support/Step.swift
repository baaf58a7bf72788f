//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCCoreServer

/// Where a step of the core reports to.
private final class StepWaiter {
    let continuation: CheckedContinuation<Bool, Never>

    init(_ continuation: CheckedContinuation<Bool, Never>) { self.continuation = continuation }
}

/// Starts a step of the core and waits until it is done.
func step(_ start: (@escaping core_completion, UnsafeMutableRawPointer) -> Void) async -> Bool {
    await withCheckedContinuation { continuation in
        let waiter = Unmanaged.passRetained(StepWaiter(continuation))
        start(
            { context, succeeded in
                guard let context else { return }
                Unmanaged<StepWaiter>.fromOpaque(context).takeRetainedValue().continuation.resume(returning: succeeded)
            }, waiter.toOpaque())
    }
}
