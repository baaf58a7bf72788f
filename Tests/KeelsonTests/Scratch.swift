//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import keelson

/// Gives a test a data directory that goes with it.
func withDataDirectory<Result>(_ body: (DataDirectory) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("keelson-\(UUID().uuidString)").path
    defer {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            print("could not remove \(path): \(error)")
        }
    }
    return try body(try DataDirectory(path))
}
