//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import EtcdStorage

@Suite struct PageSizeTests {
    @Test("Pages double up to ten thousand, and stay as large as they were asked for beyond")
    func grows() {
        var small = PageSize(limit: 3, unlimitedPage: 500)
        var sizes: [Int] = []
        for _ in 0..<14 {
            sizes.append(small.current)
            small.grow()
        }
        #expect(sizes == [3, 6, 12, 24, 48, 96, 192, 384, 768, 1536, 3072, 6144, 10_000, 10_000])
        var large = PageSize(limit: 20_000, unlimitedPage: 500)
        large.grow()
        #expect(large.current == 20_000)
        #expect(PageSize(limit: 0, unlimitedPage: 500).current == 500)
    }
}
