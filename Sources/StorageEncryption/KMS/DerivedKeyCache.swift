//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Crypto

/// The AES keys of values that were written or read lately, so that a value that is read again costs no derivation. Bounded in time and number.
///
/// By the value's key in the store, so that there's one for each object, whatever is written there. Two generations make it cheap: what is asked for
/// moves into the younger; the older is dropped when the younger is full, or half a lifetime old.
///
/// Source of the rule: upstream value/encrypt/aes, simpleCache.
struct DerivedKeyCache {
    private struct Entry {
        var seed: DataKey.Seed
        var info: [UInt8]
        var key: SymmetricKey

        func isOf(_ seed: DataKey.Seed, _ info: ArraySlice<UInt8>) -> Bool { self.seed === seed && self.info.elementsEqual(info) }
    }

    /// What nobody asks for goes after half of it to the whole.
    let lifetime: Duration
    /// The most keys; each takes some two hundred bytes.
    let capacity: Int
    private var young: [[UInt8]: Entry] = [:]
    private var old: [[UInt8]: Entry] = [:]
    private var youngSince: ContinuousClock.Instant

    init(lifetime: Duration = .seconds(600), capacity: Int = 16_384, now: ContinuousClock.Instant = .now) {
        self.lifetime = lifetime
        self.capacity = capacity
        youngSince = now
    }

    var count: Int { young.count + old.count }

    /// The key that the seed and `info` give; nil when it must be derived.
    mutating func key(_ seed: DataKey.Seed, _ info: ArraySlice<UInt8>, of storeKey: [UInt8], at now: ContinuousClock.Instant) -> SymmetricKey? {
        age(now)
        if let entry = young[storeKey] { return entry.isOf(seed, info) ? entry.key : nil }
        guard let entry = old[storeKey], entry.isOf(seed, info) else { return nil }
        add(entry, storeKey, now)
        return entry.key
    }

    mutating func insert(
        _ key: SymmetricKey, _ seed: DataKey.Seed, _ info: ArraySlice<UInt8>, of storeKey: [UInt8], at now: ContinuousClock.Instant
    ) {
        age(now)
        add(Entry(seed: seed, info: Array(info), key: key), storeKey, now)
    }

    private mutating func add(_ entry: Entry, _ storeKey: [UInt8], _ now: ContinuousClock.Instant) {
        old[storeKey] = nil
        young[storeKey] = entry
        if young.count >= max(1, capacity / 2) { turn(now) }
    }

    private mutating func age(_ now: ContinuousClock.Instant) {
        let age = now - youngSince
        guard age >= lifetime / 2 else { return }
        turn(now)
        if age >= lifetime { old = [:] }
    }

    private mutating func turn(_ now: ContinuousClock.Instant) {
        old = young
        young = [:]
        youngSince = now
    }
}
