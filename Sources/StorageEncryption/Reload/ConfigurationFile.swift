//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Crypto
import SystemPackage

/// The configuration's file, read whole, and what tells its contents apart.
struct ConfigurationFile {
    /// More is no configuration, but a mistake.
    static let maximumSize = 4 * 1024 * 1024

    let text: String
    let digest: SHA256Digest

    init(path: String) throws(EncryptionConfigurationError) {
        let bytes: [UInt8]
        do {
            bytes = try Self.read(path)
        } catch let error as EncryptionConfigurationError {
            throw error
        } catch {
            throw Self.problem(path, "the file can't be read: \(error)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Self.problem(path, "the file isn't UTF-8 text") }
        self.text = text
        digest = SHA256.hash(data: bytes)
    }

    private static func read(_ path: String) throws -> [UInt8] {
        let file = try FileDescriptor.open(FilePath(path), .readOnly)
        return try file.closeAfter {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 16 * 1024)
            while true {
                let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
                if count == 0 { return bytes }
                bytes += buffer[..<count]
                guard bytes.count <= maximumSize else { throw problem(path, "the file is larger than \(maximumSize) bytes") }
            }
        }
    }

    private static func problem(_ path: String, _ message: String) -> EncryptionConfigurationError {
        EncryptionConfigurationError(source: path, problems: [.init(path: "", message: message)])
    }
}
