//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension String {
    /// The text in quotes, as Go's `%q` prints it: messages of upstream quote names and values this way.
    package var goQuoted: String {
        var result = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{07}": result += "\\a"
            case "\u{08}": result += "\\b"
            case "\u{0C}": result += "\\f"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0B}": result += "\\v"
            case _ where scalar.isGoPrintable: result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x80: result += "\\x" + scalar.hex(digits: 2)
            case _ where scalar.value < 0x10000: result += "\\u" + scalar.hex(digits: 4)
            default: result += "\\U" + scalar.hex(digits: 8)
            }
        }
        return result + "\""
    }
}

extension Unicode.Scalar {
    /// Letters, marks, numbers, punctuation, symbols and the ASCII space.
    var isGoPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: self == " "
        default: true
        }
    }

    /// Hexadecimal, at least so many digits.
    func hex(digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
