//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Takes a unary call's answer as it comes, when it is long: nobody needs to keep all its bytes then.
///
/// The transport uses it for one attempt at a time, and for none any more when the call has returned.
package protocol PartReceiver: AnyObject, Sendable {
    /// A call is about to be sent: what came of an earlier one counts for nothing.
    func begin()

    /// The next bytes, on the connection's event loop: must neither block nor keep the buffer. The last of the answer don't come here: the call
    /// returns them.
    /// - Parameter following: how many bytes of the answer come after these.
    func receive(_ part: UnsafeRawBufferPointer, following: Int)
}
