//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@Suite("Quantities")
struct QuantityTests {
    @Test(
        "A quantity is written in its canonical form",
        arguments: [
            ("0", "0"), ("0Gi", "0"), ("-0", "0"), ("1", "1"), ("+1", "1"), ("007", "7"), ("0.5", "500m"), (".5", "500m"), ("1.", "1"),
            ("1000m", "1"), ("1500m", "1500m"), ("100m", "100m"), ("2.50", "2500m"), ("1000", "1k"), ("1000000", "1M"), ("1234567", "1234567"),
            ("1024Mi", "1Gi"), ("1500Mi", "1500Mi"), ("1.5Gi", "1536Mi"), ("0.5Gi", "512Mi"), ("1Ki", "1Ki"), ("0.5Ki", "512"),
            ("0.1Ki", "102400m"), ("1e3", "1e3"), ("1E3", "1e3"), ("12e-1", "1200e-3"), ("1E", "1E"), ("1000P", "1E"), ("-1500m", "-1500m"),
            ("-2Gi", "-2Gi"), ("1n", "1n"), ("0.1n", "1n"), ("1u", "1u"), ("1000Ei", "9223372036854775807"),
        ])
    func canonical(text: String, expected: String) throws {
        let quantity = try #require(Quantity(parsing: text))
        #expect(quantity.description == expected)
        #expect(Quantity(parsing: expected)?.description == expected)
        #expect(Quantity(parsing: expected) == quantity)
    }

    @Test(
        "What isn't a quantity is refused", arguments: ["", ".", "m", "1 Gi", "1gi", "1K", "1mi", "0x1", "1.2.3", "--1", "1e", "1e1.5", "one", "Inf"])
    func refused(text: String) {
        #expect(Quantity(parsing: text) == nil)
    }

    @Test("Equal amounts are equal however they are written")
    func equality() throws {
        #expect(Quantity(parsing: "1Gi") == Quantity(parsing: "1073741824"))
        let (small, large) = (try #require(Quantity(parsing: "999m")), try #require(Quantity(parsing: "1")))
        #expect(small < large)
    }

    @Test(
        "Rounding up to milli goes away from zero",
        arguments: [("1n", "1m"), ("100u", "1m"), ("1500u", "2m"), ("-1n", "-1m"), ("1m", "1m"), ("2", "2")])
    func rounding(text: String, expected: String) throws {
        #expect(try #require(Quantity(parsing: text)).roundedUpToMilli.description == expected)
    }
}
