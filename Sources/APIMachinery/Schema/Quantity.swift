//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// An amount of a resource, such as `100m`, `1.5` or `2Gi`, exact to 10⁻⁹.
///
/// Its description is the canonical form: no fraction, the largest suffix that loses nothing, and the family of suffixes that the amount was
/// written with. `0.5` becomes `500m`, `1024Mi` becomes `1Gi`, `1500Mi` stays.
///
/// Source of the rule: upstream resource.Quantity.
public struct Quantity: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// A family of suffixes.
    public enum Format: Sendable, Hashable {
        /// n, u, m, k, M, G, T, P, E: powers of ten.
        case decimalSI
        /// Ki, Mi, Gi, Ti, Pi, Ei: powers of 1024.
        case binarySI
        /// e3, E6, …: written-out powers of ten.
        case decimalExponent
    }

    /// The amount in units of 10⁻⁹.
    public let nanos: Int128
    /// The family of suffixes that it was written with.
    public let format: Format

    private init(nanos: Int128, format: Format) {
        self.nanos = nanos
        self.format = format
    }

    /// Parses an amount; nil when the text isn't one, or is 10²⁹ and more. Digits beyond 10⁻⁹ are rounded away from zero; an amount with a binary
    /// suffix ends at 2⁶³-1.
    public init?(parsing text: String) {
        var scanner = text.utf8[...]
        var negative = false
        if let sign = scanner.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            negative = sign == UInt8(ascii: "-")
            scanner = scanner.dropFirst()
        }
        guard let number = Self.digits(&scanner), let scale = Self.suffix(scanner) else { return nil }
        guard let magnitude = Self.nanos(number, scale) else { return nil }
        self.init(nanos: negative ? -magnitude : magnitude, format: scale.format)
    }

    /// The canonical form.
    public var description: String {
        guard nanos != 0 else { return "0" }
        if format == .binarySI, nanos.magnitude >= 1024 * Self.unit.magnitude, nanos % Self.unit == 0 {
            return binaryDescription
        }
        return decimalDescription
    }

    /// The amount rounded away from zero to 10⁻³: the precision to which resource lists are kept.
    public var roundedUpToMilli: Quantity {
        let step: Int128 = 1_000_000
        let rest = nanos % step
        guard rest != 0 else { return self }
        return Quantity(nanos: nanos - rest + (nanos > 0 ? step : -step), format: format)
    }

    /// By amount.
    public static func < (lhs: Quantity, rhs: Quantity) -> Bool { lhs.nanos < rhs.nanos }

    /// Equal amounts are equal, however they were written.
    public static func == (lhs: Quantity, rhs: Quantity) -> Bool { lhs.nanos == rhs.nanos }

    /// By amount, as equality.
    public func hash(into hasher: inout Hasher) { hasher.combine(nanos) }
}

extension Quantity {
    private static let unit: Int128 = 1_000_000_000
    private static let decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]
    private static let binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]

    private struct Digits {
        var value: Int128 = 0
        var fractionLength = 0
    }

    private struct Scale {
        var format: Format
        var powerOfTen = 0
        var powerOf1024 = 0
    }

    /// Takes the digits, with at most one point among them, from the front.
    private static func digits(_ text: inout Substring.UTF8View) -> Digits? {
        var digits = Digits()
        var count = 0
        var point = false
        while let byte = text.first {
            if byte == UInt8(ascii: "."), !point {
                point = true
            } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                count += 1
                if point { digits.fractionLength += 1 }
                let (shifted, overflow) = digits.value.multipliedReportingOverflow(by: 10)
                let (sum, carry) = shifted.addingReportingOverflow(Int128(byte - UInt8(ascii: "0")))
                guard !overflow, !carry else { return nil }
                digits.value = sum
            } else {
                break
            }
            text = text.dropFirst()
        }
        return count > 0 ? digits : nil
    }

    private static func suffix(_ text: Substring.UTF8View) -> Scale? {
        let text = String(Substring(text))
        if let index = decimalSuffixes.firstIndex(of: text) { return Scale(format: .decimalSI, powerOfTen: (index - 3) * 3) }
        if let index = binarySuffixes.firstIndex(of: text) { return Scale(format: .binarySI, powerOf1024: index) }
        guard text.hasPrefix("e") || text.hasPrefix("E"), let exponent = Int(text.dropFirst()), abs(exponent) < 40 else { return nil }
        return Scale(format: .decimalExponent, powerOfTen: exponent)
    }

    private static func nanos(_ digits: Digits, _ scale: Scale) -> Int128? {
        var value = digits.value
        for _ in 0..<scale.powerOf1024 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 1024)
            guard !overflow else { return nil }
            value = product
        }
        let shift = 9 + scale.powerOfTen - digits.fractionLength
        if shift >= 0 {
            for _ in 0..<shift where value != 0 {
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                guard !overflow else { return nil }
                value = product
            }
        } else {
            var lost = false
            for _ in 0..<(-shift) where value != 0 {
                if value % 10 != 0 { lost = true }
                value /= 10
            }
            if lost { value += 1 }
        }
        if scale.format == .binarySI { value = min(value, Int128(Int64.max) * unit) }
        return value
    }

    private var decimalDescription: String {
        var mantissa = nanos
        var exponent = -9
        while mantissa % 10 == 0 {
            mantissa /= 10
            exponent += 1
        }
        while exponent % 3 != 0 || (format != .decimalExponent && exponent > 18) {
            mantissa *= 10
            exponent -= 1
        }
        if format == .decimalExponent { return exponent == 0 ? "\(mantissa)" : "\(mantissa)e\(exponent)" }
        return "\(mantissa)\(Self.decimalSuffixes[exponent / 3 + 3])"
    }

    private var binaryDescription: String {
        var mantissa = nanos / Self.unit
        var index = 0
        while mantissa % 1024 == 0, index < Self.binarySuffixes.count - 1 {
            mantissa /= 1024
            index += 1
        }
        return "\(mantissa)\(Self.binarySuffixes[index])"
    }
}
