//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import Synchronization

/// The sizes of stored values, learnt from what passes by anyway. Costs a lookup a value and some hundred bytes a key.
///
/// Source of the rule: upstream etcd3.statsCache.
final class ObjectSizes: Sendable {
    private struct Size {
        var revision: Int64
        var bytes: Int
    }

    private let sizes = Mutex<[[UInt8]: Size]>([:])

    /// A value was seen; older news than what is known changes nothing.
    func learn(_ kv: KeyValue) {
        learn(kv.key, bytes: kv.value.count, revision: kv.modRevision)
    }

    func learn(_ key: [UInt8], bytes: Int, revision: Int64) {
        sizes.withLock { sizes in
            if let known = sizes[key], known.revision >= revision { return }
            sizes[key] = Size(revision: revision, bytes: bytes)
        }
    }

    /// The mean over the keys that are known among these, and 0 for none; the others are forgotten unless they are newer than `revision`.
    func mean(of keys: some Sequence<[UInt8]>, at revision: Int64) -> Int {
        sizes.withLock { sizes in
            let present = Set(keys)
            sizes = sizes.filter { present.contains($0.key) || $0.value.revision > revision }
            var sum = 0
            var count = 0
            for (key, size) in sizes where present.contains(key) {
                sum += size.bytes
                count += 1
            }
            return count == 0 ? 0 : sum / count
        }
    }
}
