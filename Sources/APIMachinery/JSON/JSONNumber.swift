//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
    /// A double as Go's encoding/json writes it: the shortest digits that read back the same; plain from 1e-6 up to below 1e21, else with a
    /// signed exponent without leading zeros; no fraction when it is whole. Null when it isn't finite.
    mutating func append(number value: Double) {
        guard value.isFinite else {
            append(literal: "null")
            return
        }
        let parts = DecimalDigits(value)
        if parts.negative { append(UInt8(ascii: "-")) }
        let magnitude = value.magnitude
        if magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21) {
            appendScientific(parts)
        } else {
            appendPlain(parts)
        }
    }

    private mutating func appendScientific(_ parts: DecimalDigits) {
        append(parts.digits[0])
        if parts.digits.count > 1 {
            append(UInt8(ascii: "."))
            append(contentsOf: parts.digits.dropFirst())
        }
        let exponent = parts.pointOffset - 1
        append(UInt8(ascii: "e"))
        append(UInt8(ascii: exponent < 0 ? "-" : "+"))
        append(contentsOf: String(exponent.magnitude).utf8)
    }

    private mutating func appendPlain(_ parts: DecimalDigits) {
        let zero = UInt8(ascii: "0")
        let (digits, point) = (parts.digits, parts.pointOffset)
        if point <= 0 {
            append(contentsOf: [zero, UInt8(ascii: ".")])
            append(contentsOf: repeatElement(zero, count: -point))
            append(contentsOf: digits)
        } else if point >= digits.count {
            append(contentsOf: digits)
            append(contentsOf: repeatElement(zero, count: point - digits.count))
        } else {
            append(contentsOf: digits[..<point])
            append(UInt8(ascii: "."))
            append(contentsOf: digits[point...])
        }
    }
}

/// The shortest decimal digits of a finite double: 0.d₁d₂d₃… × 10^pointOffset.
private struct DecimalDigits {
    var negative: Bool
    var digits: [UInt8] = []
    var pointOffset = 0

    init(_ value: Double) {
        negative = value.sign == .minus
        guard value != 0 else {
            digits = [UInt8(ascii: "0")]
            pointOffset = 1
            return
        }
        // The standard library's description has the shortest digits, in a layout of its own.
        var seenPoint = false
        var exponent = 0
        let text = Array(value.magnitude.description.utf8)
        for (index, byte) in text.enumerated() {
            if byte == UInt8(ascii: "e") {
                exponent = Int(String(decoding: text[(index + 1)...], as: UTF8.self)) ?? 0
                break
            }
            if byte == UInt8(ascii: ".") {
                seenPoint = true
                continue
            }
            let leadingZero = digits.isEmpty && byte == UInt8(ascii: "0")
            if !leadingZero { digits.append(byte) }
            if !seenPoint && !leadingZero { pointOffset += 1 }
            if seenPoint && leadingZero { pointOffset -= 1 }
        }
        pointOffset += exponent
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    }
}
