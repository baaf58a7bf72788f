//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// MARK: - Literals and numbers

extension JSONCursor {
    /// A number as it stands in the text.
    enum Number {
        /// Without fraction or exponent, and it fits.
        case integer(Int64)
        /// Anything else; read by ``JSONCursor/double(_:_:)``.
        case text(start: Int, end: Int)
    }

    mutating func scanLiteral(_ text: StaticString) throws(JSONError) {
        for index in 0..<text.utf8CodeUnitCount {
            guard position < end, base[position] == text.utf8Start[index] else {
                let expected = Character(Unicode.Scalar(text.utf8Start[index]))
                throw unexpected("in literal \(text) (expecting '\(expected)')")
            }
            position += 1
        }
    }

    /// Moves over a number.
    @inline(__always)
    mutating func scanNumber() throws(JSONError) -> Number {
        let start = position
        let negative = base[position] == UInt8(ascii: "-")
        if negative { position += 1 }
        // The magnitude is summed as a negative number, whose range is the larger one.
        var magnitude: Int64 = 0
        var fits = true
        if current == UInt8(ascii: "0") {
            position += 1
        } else {
            guard isDigit else { throw unexpected("in numeric literal") }
            while isDigit {
                let digit = Int64(base[position] &- UInt8(ascii: "0"))
                let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
                let (difference, underflow) = product.subtractingReportingOverflow(digit)
                if overflow || underflow { fits = false }
                magnitude = difference
                position &+= 1
            }
        }
        let next = current
        guard next == UInt8(ascii: ".") || next == UInt8(ascii: "e") || next == UInt8(ascii: "E") else {
            if fits && (negative || magnitude != .min) { return .integer(negative ? magnitude : -magnitude) }
            return .text(start: start, end: position)
        }
        try scanFractionAndExponent()
        return .text(start: start, end: position)
    }

    @inline(__always)
    private var isDigit: Bool { current &- UInt8(ascii: "0") < 10 }

    @inline(never)
    private mutating func scanFractionAndExponent() throws(JSONError) {
        if current == UInt8(ascii: ".") {
            position += 1
            guard isDigit else { throw unexpected("after decimal point in numeric literal") }
            while isDigit { position += 1 }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            guard isDigit else { throw unexpected("in exponent of numeric literal") }
            while isDigit { position += 1 }
        }
    }

    /// The nearest double of a scanned number; throws when it is beyond all of them.
    @inline(never)
    func double(_ start: Int, _ end: Int) throws(JSONError) -> Double {
        let text = String(decoding: slice(start, end), as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw JSONError(message: "number \(text) is beyond the range of a 64-bit float", offset: start)
        }
        return value
    }
}

// MARK: - Skipping

extension JSONCursor {
    /// Moves over one value of any kind, checking all of its syntax but building nothing. No recursion: a bit a level says what each
    /// open bracket was, so depth costs no stack.
    mutating func skipValue(maximumDepth: Int = JSONParser.defaultMaximumDepth) throws(JSONError) {
        if try skipScalar() { return }
        var levels = NestingStack()
        try open(&levels, maximumDepth)
        while levels.depth > 0 {
            skipSpace()
            if levels.isObject {
                if try closes(UInt8(ascii: "}"), "after object key:value pair", &levels) { continue }
                guard current == UInt8(ascii: "\"") else { throw unexpected("looking for beginning of object key string") }
                _ = try scanString()
                skipSpace()
                guard current == UInt8(ascii: ":") else { throw unexpected("after object key") }
                position += 1
                skipSpace()
            } else if try closes(UInt8(ascii: "]"), "after array element", &levels) {
                continue
            }
            if try !skipScalar() { try open(&levels, maximumDepth) }
        }
    }

    /// Moves over a value that isn't a container; false, without a move, at a container.
    @inline(__always)
    private mutating func skipScalar() throws(JSONError) -> Bool {
        switch current {
        case UInt8(ascii: "\""): _ = try scanString()
        case UInt8(ascii: "{"), UInt8(ascii: "["): return false
        case UInt8(ascii: "t"): try scanLiteral("true")
        case UInt8(ascii: "f"): try scanLiteral("false")
        case UInt8(ascii: "n"): try scanLiteral("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            if case .text(let start, let end) = try scanNumber() { _ = try double(start, end) }
        default: throw unexpected("looking for beginning of value")
        }
        return true
    }

    private mutating func open(_ levels: inout NestingStack, _ maximumDepth: Int) throws(JSONError) {
        guard levels.depth < maximumDepth else { throw JSONError(message: "exceeded max depth", offset: position) }
        levels.push(isObject: base[position] == UInt8(ascii: "{"))
        position += 1
    }

    /// Moves over the closing bracket, or the comma before the next member.
    @inline(__always)
    private mutating func closes(_ bracket: UInt8, _ context: String, _ levels: inout NestingStack) throws(JSONError) -> Bool {
        if current == bracket {
            position += 1
            levels.pop()
            return true
        }
        if levels.isFirst {
            levels.isFirst = false
            return false
        }
        guard current == UInt8(ascii: ",") else { throw unexpected(context) }
        position += 1
        skipSpace()
        if current == bracket {
            throw unexpected(bracket == UInt8(ascii: "}") ? "looking for beginning of object key string" : "looking for beginning of value")
        }
        return false
    }
}

/// What the open brackets of a text are: one bit a level, in one word as long as 64 levels do.
struct NestingStack {
    private var word: UInt64 = 0
    private var spilled: [UInt64] = []
    private(set) var depth = 0
    /// Nothing has been read yet in the innermost bracket.
    var isFirst = true

    /// The innermost open bracket is a brace.
    var isObject: Bool { word & 1 == 1 }

    @inline(__always)
    mutating func push(isObject: Bool) {
        if depth & 63 == 0 && depth > 0 {
            spilled.append(word)
            word = 0
        }
        word = word << 1 | (isObject ? 1 : 0)
        depth += 1
        isFirst = true
    }

    @inline(__always)
    mutating func pop() {
        word >>= 1
        depth -= 1
        isFirst = false
        if depth & 63 == 0 && depth > 0 { word = spilled.removeLast() }
    }
}
