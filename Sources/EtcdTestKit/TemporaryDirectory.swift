//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A directory that is removed on ``remove()``, or by the ``Watchdog`` when the process dies first.
struct TemporaryDirectory: Sendable {
    let path: String

    init() throws(EtcdTestKitError) {
        let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        // No spaces in the name: the watchdog's list is separated by them.
        path = (base.contains(" ") ? "/tmp" : base) + "/keelson-etcd-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw EtcdTestKitError("cannot create \(path): \(error)")
        }
        Watchdog.shared.guardDirectory(path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, to name: String) throws(EtcdTestKitError) {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
        } catch {
            throw EtcdTestKitError("cannot write \(file(name)): \(error)")
        }
    }

    func remove() {
        do {
            try FileManager.default.removeItem(atPath: path)
            Watchdog.shared.releaseDirectory(path)
        } catch {
            complain("cannot remove \(path): \(error)")
        }
    }

    /// What a file holds; a word about the failure when it can't be read.
    static func text(of path: String) -> String {
        guard let data = FileManager.default.contents(atPath: path) else { return "(no \(path))" }
        return String(decoding: data, as: UTF8.self)
    }
}
