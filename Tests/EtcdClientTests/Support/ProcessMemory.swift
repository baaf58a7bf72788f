//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What this process has in RAM, in bytes, as Linux tells it.
enum ProcessMemory {
    /// Now.
    static func resident() throws -> Int { try field("VmRSS") }
    /// At most so far.
    static func peak() throws -> Int { try field("VmHWM") }

    private static func field(_ name: String) throws -> Int {
        let status = try #require(FileManager.default.contents(atPath: "/proc/self/status"))
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(name + ":") }
        let kibibytes = try #require(line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) })
        return kibibytes << 10
    }
}
