//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The folder that keeps what must survive a restart: etcd's data, the certificate authority, the token. Readable by its owner alone.
struct DataDirectory {
    let path: FilePath

    /// Opens the folder, making it if it isn't there.
    init(_ path: String) throws {
        let absolute = FilePath(path).isAbsolute ? FilePath(path) : FilePath(FileManager.default.currentDirectoryPath).appending(path)
        self.path = absolute.lexicallyNormalized()
        do {
            try FileManager.default.createDirectory(
                atPath: self.path.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw SetupError("can't make the data directory \(self.path): \(error). Name another one with --data-dir")
        }
    }

    func file(_ components: String...) -> FilePath {
        components.reduce(path) { $0.appending($1) }
    }

    /// What a file holds; nil when it isn't there.
    func read(_ file: FilePath) throws -> String? {
        guard FileManager.default.fileExists(atPath: file.string) else { return nil }
        do {
            return try String(contentsOfFile: file.string, encoding: .utf8)
        } catch {
            throw SetupError("can't read \(file): \(error)")
        }
    }

    /// Replaces a file in one step: a reader sees the old text or the new, and a crash leaves one of them. Only the owner may read it.
    func write(_ text: String, to file: FilePath) throws {
        let folder = file.removingLastComponent()
        let temporary = folder.appending(".\(file.lastComponent?.string ?? "file").new")
        do {
            try FileManager.default.createDirectory(
                atPath: folder.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let descriptor = try FileDescriptor.open(
                temporary, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
            try descriptor.closeAfter {
                try descriptor.writeAll(text.utf8)
                // Without this a power cut could leave an empty file behind the new name.
                guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            guard rename(temporary.string, file.string) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            throw SetupError("can't write \(file): \(error)")
        }
    }

    /// Keeps other servers away from the folder for as long as the returned lock lives (also across a crash, which releases it).
    func lock() throws -> DataDirectoryLock {
        let file = file("lock")
        do {
            let descriptor = try FileDescriptor.open(file, .readWrite, options: [.create, .closeOnExec], permissions: [.ownerReadWrite])
            guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
                try descriptor.close()
                throw SetupError("another keelson uses \(path): stop it, or name another folder with --data-dir")
            }
            return DataDirectoryLock(descriptor: descriptor)
        } catch let error as SetupError {
            throw error
        } catch {
            throw SetupError("can't lock \(file): \(error)")
        }
    }
}

/// Holds a data directory for one server.
final class DataDirectoryLock: Sendable {
    private let descriptor: FileDescriptor

    fileprivate init(descriptor: FileDescriptor) {
        self.descriptor = descriptor
    }

    deinit {
        // Closing releases the lock; a failure to close leaves nothing to be done, and the kernel releases it at exit.
        _ = close(descriptor.rawValue)
    }
}
