//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension LabelSelector {
    /// Parses the text of a `labelSelector` parameter: requirements separated by commas, each `key`, `!key`, `key=value`, `key==value`,
    /// `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key>1` or `key<1`. Empty text takes everything.
    /// - Throws: ``SelectorError`` in upstream's words, such as `unable to parse requirement: found ')', expected: identifier`.
    ///
    /// Source of the rule: upstream labels.Parse.
    public init(parsing text: String) throws(SelectorError) {
        var parser = LabelSelectorParser(text: text)
        self.init(try parser.requirements())
    }
}

/// A word of a label selector.
private struct SelectorToken {
    enum Kind {
        case identifier, `in`, notIn, equals, doubleEquals, notEquals, greaterThan, lessThan, not, open, close, comma, end, unknown
    }

    var kind: Kind
    var text: String

    /// Where a key or a value is expected, `in` and `notin` are ordinary words.
    var asValue: SelectorToken {
        kind == .in || kind == .notIn ? SelectorToken(kind: .identifier, text: text) : self
    }

    static func symbol(_ text: String) -> Kind? {
        switch text {
        case "(": .open
        case ")": .close
        case ",": .comma
        case "!": .not
        case "=": .equals
        case "==": .doubleEquals
        case "!=": .notEquals
        case ">": .greaterThan
        case "<": .lessThan
        default: nil
        }
    }

    /// Splits a text into words; the last one is always the end.
    static func tokens(of text: String) -> [SelectorToken] {
        var tokens: [SelectorToken] = []
        var rest = Substring(text)
        while true {
            rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
            guard let first = rest.first else {
                tokens.append(SelectorToken(kind: .end, text: ""))
                return tokens
            }
            tokens.append(isSymbol(first) ? nextSymbol(&rest) : nextWord(&rest))
        }
    }

    private static func isSymbol(_ character: Character) -> Bool {
        switch character {
        case "=", "!", "(", ")", ",", ">", "<": true
        default: false
        }
    }

    /// The longest symbol there is: `==` before `=`.
    private static func nextSymbol(_ rest: inout Substring) -> SelectorToken {
        let two = String(rest.prefix(2))
        let text = two.count == 2 && symbol(two) != nil ? two : String(rest.prefix(1))
        rest = rest.dropFirst(text.count)
        return SelectorToken(kind: symbol(text) ?? .unknown, text: text)
    }

    private static func nextWord(_ rest: inout Substring) -> SelectorToken {
        let word = rest.prefix { !isSymbol($0) && $0 != " " && $0 != "\t" && $0 != "\n" && $0 != "\r" && $0 != "\r\n" }
        rest = rest[word.endIndex...]
        switch word {
        case "in": return SelectorToken(kind: .in, text: "in")
        case "notin": return SelectorToken(kind: .notIn, text: "notin")
        default: return SelectorToken(kind: .identifier, text: String(word))
        }
    }
}

private struct LabelSelectorParser {
    private let tokens: [SelectorToken]
    private var position = 0

    init(text: String) {
        tokens = SelectorToken.tokens(of: text)
    }

    mutating func requirements() throws(SelectorError) -> [LabelSelector.Requirement] {
        var requirements: [LabelSelector.Requirement] = []
        while true {
            switch peek.kind {
            case .end: return requirements
            case .identifier, .not:
                do throws(SelectorError) {
                    requirements.append(try requirement())
                } catch {
                    throw SelectorError(message: "unable to parse requirement: \(error.message)")
                }
            default: throw unexpected(peek, ", expected: !, identifier, or 'end of string'")
            }
            let separator = next()
            if separator.kind == .end { return requirements }
            guard separator.kind == .comma else { throw unexpected(separator, ", expected: ',' or 'end of string'") }
            guard peek.kind == .identifier || peek.kind == .not else { throw unexpected(peek, ", expected: identifier after ','") }
        }
    }

    private var peek: SelectorToken { tokens[position].asValue }

    /// Reads a word where a key or a value is expected.
    private mutating func next() -> SelectorToken { nextOperator().asValue }

    private mutating func nextOperator() -> SelectorToken {
        let token = tokens[position]
        if position < tokens.count - 1 { position += 1 }
        return token
    }

    private func unexpected(_ token: SelectorToken, _ expectation: String) -> SelectorError {
        SelectorError(message: "found '\(token.text)'\(expectation)")
    }

    private mutating func requirement() throws(SelectorError) -> LabelSelector.Requirement {
        var token = next()
        let isNegated = token.kind == .not
        if isNegated { token = next() }
        guard token.kind == .identifier else { throw unexpected(token, ", expected: identifier") }
        let key = token.text
        let problems = NameValidation.qualifiedName(key)
        if !problems.isEmpty {
            throw SelectorError(message: "key: Invalid value: \(key.goQuoted): \(problems.joined(separator: "; "))")
        }
        if isNegated { return try LabelSelector.Requirement(key: key, operator: .doesNotExist) }
        if peek.kind == .end || peek.kind == .comma { return try LabelSelector.Requirement(key: key, operator: .exists) }
        let `operator` = try comparison()
        let values = `operator` == .in || `operator` == .notIn ? try valueSet() : [try exactValue()]
        return try LabelSelector.Requirement(key: key, operator: `operator`, values: values)
    }

    private mutating func comparison() throws(SelectorError) -> LabelSelector.Operator {
        let token = nextOperator()
        switch token.kind {
        case .in: return .in
        case .notIn: return .notIn
        case .equals: return .equals
        case .doubleEquals: return .doubleEquals
        case .notEquals: return .notEquals
        case .greaterThan: return .greaterThan
        case .lessThan: return .lessThan
        default: throw unexpected(token, ", expected: in, notin, =, ==, !=, gt, lt")
        }
    }

    private mutating func exactValue() throws(SelectorError) -> String {
        if peek.kind == .end || peek.kind == .comma { return "" }
        let token = next()
        guard token.kind == .identifier else { throw unexpected(token, ", expected: identifier") }
        return token.text
    }

    /// Values in parentheses. An empty place between commas, or at an end, is the empty value; `()` has no value at all.
    private mutating func valueSet() throws(SelectorError) -> [String] {
        let open = next()
        guard open.kind == .open else { throw unexpected(open, " expected: '('") }
        if peek.kind == .close {
            _ = next()
            return []
        }
        var values: [String] = []
        while true {
            if peek.kind == .identifier {
                values.append(next().text)
            } else if peek.kind == .comma || (peek.kind == .close && !values.isEmpty) {
                values.append("")
            } else {
                throw unexpected(peek, ", expected: ',', or identifier")
            }
            let separator = next()
            if separator.kind == .close { return values }
            guard separator.kind == .comma else { throw unexpected(separator, ", expected: ',' or ')'") }
        }
    }
}
