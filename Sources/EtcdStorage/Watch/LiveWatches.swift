//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import Synchronization

/// The watches of a storage that report progress, so that requests for it reach their streams.
final class LiveWatches: Sendable {
    private let watches = Mutex<[ObjectIdentifier: EtcdWatch]>([:])

    var all: [EtcdWatch] { watches.withLock { Array($0.values) } }

    func add(_ watch: EtcdWatch, of source: EtcdWatchSource) {
        watches.withLock { $0[ObjectIdentifier(source)] = watch }
    }

    func remove(_ source: EtcdWatchSource) {
        _ = watches.withLock { $0.removeValue(forKey: ObjectIdentifier(source)) }
    }
}
