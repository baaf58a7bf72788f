//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage
import Testing

@testable import keelson

@Suite("Data directory")
struct DataDirectoryTests {
    private func permissions(of file: FilePath) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: file.string)[.posixPermissions] as? Int
    }

    @Test("Files are replaced whole, and only their owner may read them")
    func writes() throws {
        try withDataDirectory { directory in
            let file = directory.file("pki", "secret")
            #expect(try directory.read(file) == nil)
            try directory.write("first, and longer", to: file)
            try directory.write("second", to: file)
            #expect(try directory.read(file) == "second")
            #expect(try permissions(of: file) == 0o600)
            #expect(try permissions(of: directory.path) == 0o700)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file("pki").string) == ["secret"])
        }
    }

    @Test("Two servers can't hold one directory; it is free again when the first lets go")
    func locks() throws {
        try withDataDirectory { directory in
            do {
                let lock = try directory.lock()
                let refusal = #expect(throws: SetupError.self) { try directory.lock() }
                #expect(refusal?.description.contains("another keelson uses \(directory.path)") == true)
                withExtendedLifetime(lock) {}
            }
            _ = try directory.lock()
        }
    }

    @Test("A directory that can't be made is named in the error")
    func impossible() {
        let error = #expect(throws: SetupError.self) { try DataDirectory("/dev/null/keelson") }
        #expect(error?.description.contains("/dev/null/keelson") == true)
    }
}
