//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Tells the person at the terminal what happens. Logs go to standard error; this goes to standard output.
enum Progress {
    static func tell(_ text: String) {
        print(text)
        // Through a pipe, output waits for a full buffer, and whoever reads it waits for the line that says we are ready.
        fflush(nil)
    }

    /// Says on standard error why the server can't go on.
    static func complain(_ text: String) {
        // Nobody is left to be told when standard error is closed.
        _ = Array((text + "\n").utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
