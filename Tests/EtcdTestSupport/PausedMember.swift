//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

package import EtcdTestKit
import Foundation
import TestWaiting

extension EtcdMember {
    /// Pauses the member and waits until none of its threads runs any more, which a signal doesn't.
    package func pauseCompletely() async throws {
        pause()
        guard let processID else { return }
        let threads = "/proc/\(processID)/task"
        // Where there's no /proc the signal's sender can't tell; a moment is enough in practice.
        guard FileManager.default.fileExists(atPath: threads) else { return try await Task.sleep(for: .milliseconds(200)) }
        try await within("the pause of \(name)") {
            while try Self.anyRuns(threads) { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    private static func anyRuns(_ threads: String) throws -> Bool {
        for thread in try FileManager.default.contentsOfDirectory(atPath: threads) {
            guard let stat = FileManager.default.contents(atPath: "\(threads)/\(thread)/stat") else { continue }
            // The state is the first letter after the name, which is in parentheses and may contain anything.
            let text = String(decoding: stat, as: UTF8.self)
            guard let name = text.lastIndex(of: ")") else { continue }
            if text[name...].dropFirst(2).first != "T" { return true }
        }
        return false
    }
}
