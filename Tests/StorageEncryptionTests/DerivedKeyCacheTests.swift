//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Crypto
import Testing

@testable import StorageEncryption

@Suite("Derived keys that are kept")
struct DerivedKeyCacheTests {
    private let start = ContinuousClock.now
    private let seed = DataKey.Seed(SymmetricKey(size: .bits256))
    private let key = SymmetricKey(size: .bits256)
    private let info: [UInt8] = [1, 2, 3]

    private func cache(capacity: Int = 100) -> DerivedKeyCache {
        DerivedKeyCache(lifetime: .seconds(100), capacity: capacity, now: start)
    }

    @Test("A key is found by all that it was derived from, and by nothing less")
    func found() {
        var cache = cache()
        cache.insert(key, seed, info[...], of: [7], at: start)
        #expect(cache.key(seed, info[...], of: [7], at: start) == key)
        #expect(cache.key(seed, [1, 2, 4], of: [7], at: start) == nil)
        #expect(cache.key(seed, info[...], of: [8], at: start) == nil)
        // The same secret under another data key: nobody knows that it is the same.
        #expect(cache.key(DataKey.Seed(seed.secret), info[...], of: [7], at: start) == nil)
    }

    @Test("A newer value of an object takes the place of the older")
    func replaced() {
        var cache = cache()
        cache.insert(key, seed, info[...], of: [7], at: start)
        let newer = SymmetricKey(size: .bits256)
        cache.insert(newer, seed, [9], of: [7], at: start)
        #expect(cache.key(seed, [9], of: [7], at: start) == newer)
        #expect(cache.key(seed, info[...], of: [7], at: start) == nil)
        #expect(cache.count == 1)
    }

    @Test("What is asked for stays, what isn't goes in time")
    func ages() {
        var cache = cache()
        cache.insert(key, seed, info[...], of: [1], at: start)
        cache.insert(key, seed, info[...], of: [2], at: start)
        for second in stride(from: 0, through: 300, by: 40) {
            #expect(cache.key(seed, info[...], of: [1], at: start + .seconds(second)) == key)
        }
        #expect(cache.key(seed, info[...], of: [2], at: start + .seconds(300)) == nil)
        #expect(cache.count == 1)
        #expect(cache.key(seed, info[...], of: [1], at: start + .seconds(1000)) == nil)
        #expect(cache.count == 0)
    }

    @Test("There are never more than the capacity, and the latest are among them")
    func bounded() {
        var cache = cache(capacity: 10)
        for number in UInt8(0)..<200 {
            cache.insert(key, seed, info[...], of: [number], at: start)
            #expect(cache.count <= 10)
            #expect(cache.key(seed, info[...], of: [number], at: start) == key)
        }
        #expect(cache.key(seed, info[...], of: [196], at: start) == key)
        #expect(cache.key(seed, info[...], of: [100], at: start) == nil)
    }
}
