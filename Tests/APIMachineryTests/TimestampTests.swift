//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "Text in RFC 3339 form with any offset is the moment it names",
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-23T07:29:34Z", 1_795_418_974),
            ("2026-11-23T09:29:34+02:00", 1_795_418_974),
            ("2026-11-22T23:59:34-07:30", 1_795_418_974),
            ("2026-11-23T07:29:34.999999Z", 1_795_418_974),
            ("2024-02-29T23:59:59Z", 1_709_251_199),
            ("2000-03-01T00:00:00Z", 951_868_800),
            ("1969-12-31T23:59:59Z", -1),
            ("0001-01-01T00:00:00Z", -62_135_596_800),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] as [(String, Int64)])
    func parses(text: String, seconds: Int64) {
        #expect(Timestamp(parsing: text)?.secondsSinceEpoch == seconds)
    }

    @Test(
        "Text that isn't RFC 3339, or names a moment that doesn't exist, is refused",
        arguments: [
            "", "2026", "2026-11-23", "2026-11-23T07:29:34", "2026-11-23 07:29:34Z", "2026-11-23t07:29:34z", "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-11-23T24:00:00Z",
            "2026-11-23T07:60:00Z", "2026-11-23T07:29:60Z", "2026-11-23T07:29:34.Z", "2026-11-23T07:29:34+0200", "2026-11-23T07:29:34+24:00",
            "2026-11-23T07:29:34Zx", "+026-11-23T07:29:34Z", "2026-1-23T07:29:34Z", "２０26-11-23T07:29:34Z",
        ])
    func refuses(text: String) {
        #expect(Timestamp(parsing: text) == nil)
    }

    @Test("Every day from year 0 to 4000 comes back from its own text, one later than the day before")
    func everyDay() throws {
        for day in stride(from: Int64(-719_528), through: 741_500, by: 1) {
            let moment = Timestamp(secondsSinceEpoch: day * 86_400 + 43_199)
            let parsed = try #require(Timestamp(parsing: moment.description))
            if parsed != moment {
                Issue.record("\(moment.secondsSinceEpoch) gave \(moment.description), which parses as \(parsed.secondsSinceEpoch)")
                return
            }
        }
    }

    @Test("Any number of seconds has a text, even far outside the calendar")
    func extremes() {
        #expect(Timestamp(secondsSinceEpoch: .max).description.hasSuffix("Z"))
        #expect(Timestamp(secondsSinceEpoch: .min).description.hasPrefix("-"))
        #expect(Timestamp(secondsSinceEpoch: .min).age(at: Timestamp(secondsSinceEpoch: .max)) == "<invalid>")
    }

    @Test(
        "Ages read as kubectl prints them",
        arguments: [
            (-2, "<invalid>"), (-1, "0s"), (0, "0s"), (1, "1s"), (90, "90s"), (119, "119s"), (120, "2m"), (184, "3m4s"), (599, "9m59s"),
            (600, "10m"), (7200, "120m"), (10_799, "179m"), (10_800, "3h"), (18_180, "5h3m"), (28_799, "7h59m"), (28_800, "8h"), (108_000, "30h"),
            (172_799, "47h"), (172_800, "2d"), (273_600, "3d4h"), (691_199, "7d23h"), (691_200, "8d"), (34_560_000, "400d"), (63_071_999, "729d"),
            (63_072_000, "2y"), (64_022_400, "2y11d"), (252_287_999, "7y364d"), (252_288_000, "8y"), (630_720_000, "20y"),
        ])
    func age(seconds: Int64, text: String) {
        let birth = Timestamp(secondsSinceEpoch: 1_000_000)
        #expect(birth.age(at: Timestamp(secondsSinceEpoch: 1_000_000 + seconds)) == text)
    }

    @Test("The present is after this was written")
    func now() {
        #expect(Timestamp.now > Timestamp(secondsSinceEpoch: 1_700_000_000))
    }
}
