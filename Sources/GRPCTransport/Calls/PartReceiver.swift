//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Takes a message as it comes, when it is long: nobody needs to keep all its bytes then.
///
/// It's made for one message, and delivered with the last bytes of that.
package protocol PartReceiver: AnyObject, Sendable {
    /// The next bytes, on the connection's event loop: must neither block nor keep the buffer. The last of the message don't come here: they are what is
    /// delivered of it.
    /// - Parameter following: how many bytes of the message come after these.
    func receive(_ part: UnsafeRawBufferPointer, following: Int)
}
