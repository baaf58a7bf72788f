//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Decrypted data keys, so that the service is asked once for all values that one of them encrypted. Bounded in time and number.
struct DataKeyCache {
    struct Key: Hashable {
        var encrypted: EncryptedDataKey
        var kind: DataKey.Kind
    }

    private struct Entry {
        var dataKey: DataKey
        var insertedAt: ContinuousClock.Instant
    }

    let lifetime: Duration
    let capacity: Int
    private var entries: [Key: Entry] = [:]

    init(lifetime: Duration = .seconds(24 * 3600), capacity: Int = 4096) {
        self.lifetime = lifetime
        self.capacity = capacity
    }

    var count: Int { entries.count }

    func dataKey(for key: Key, at now: ContinuousClock.Instant) -> DataKey? {
        guard let entry = entries[key], now - entry.insertedAt < lifetime else { return nil }
        return entry.dataKey
    }

    /// Drops what is too old; where that isn't enough, the oldest.
    mutating func insert(_ dataKey: DataKey, for key: Key, at now: ContinuousClock.Instant) {
        if entries[key] == nil, entries.count >= capacity {
            entries = entries.filter { now - $0.value.insertedAt < lifetime }
            if entries.count >= capacity, let oldest = entries.min(by: { $0.value.insertedAt < $1.value.insertedAt }) {
                entries[oldest.key] = nil
            }
        }
        entries[key] = Entry(dataKey: dataKey, insertedAt: now)
    }
}
