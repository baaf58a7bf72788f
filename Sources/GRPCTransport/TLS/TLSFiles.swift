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

/// What the files of a TLS configuration hold at one moment.
struct TLSFiles: Equatable {
    var trust: [UInt8]?
    var chain: [UInt8]?
    var key: [UInt8]?

    /// Reads the files that the settings name. Blocks.
    init(_ settings: GRPCTLSConfiguration) throws(TLSFileError) {
        switch settings.trustRoots {
        case .systemDefault: trust = nil
        case .file(let path): trust = try Self.read(path)
        case .pem(let bytes): trust = bytes
        }
        if let identity = settings.clientIdentity {
            (chain, key) = (identity.certificateChain, identity.privateKey)
            return
        }
        if let path = settings.certificateChainFile { chain = try Self.read(path) }
        if let path = settings.privateKeyFile { key = try Self.read(path) }
    }

    private static func read(_ path: String) throws(TLSFileError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw TLSFileError(path: path, number: errno) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var portion = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = portion.withUnsafeMutableBytes { systemRead(file, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw TLSFileError(path: path, number: errno)
            }
            bytes.append(contentsOf: portion[..<count])
        }
    }
}

// `read` means the method above inside the type.
private func systemRead(_ file: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int { read(file, buffer, count) }

/// A file that can't be read.
struct TLSFileError: Error, CustomStringConvertible {
    var path: String
    var number: Int32
    var description: String { "cannot read \(path): \(String(cString: strerror(number)))" }
}
