//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The `Warning` headers that tell clients of warnings.
///
/// Source of the rule: RFC 7234 §5.5 as upstream's warning recorder uses it.
enum WarningHeader {
    /// How many characters all warnings may have together before each is cut.
    static let maximumTotal = 4096
    /// What a cut warning is cut to.
    static let maximumWhenCut = 256

    /// One header value a warning.
    static func values(of warnings: [String]) -> [String] {
        let total = warnings.reduce(0) { $0 + $1.unicodeScalars.count }
        guard total > maximumTotal else { return warnings.map(value) }
        var remaining = maximumTotal
        var values: [String] = []
        for warning in warnings {
            let cut = String(String.UnicodeScalarView(warning.unicodeScalars.prefix(maximumWhenCut)))
            remaining -= cut.unicodeScalars.count
            guard remaining >= 0 else { break }
            values.append(value(cut))
        }
        return values
    }

    /// Code 299, no agent, the text quoted. Line breaks would end the header.
    private static func value(_ text: String) -> String {
        var quoted = ""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
        }
        return "299 - \"\(quoted)\""
    }
}
