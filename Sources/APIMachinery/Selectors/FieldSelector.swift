//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Selects objects by fields such as `metadata.name`: every requirement has to hold.
///
/// Source of the rule: upstream fields.Selector.
public struct FieldSelector: Sendable, Hashable, CustomStringConvertible {
    /// How a field is compared.
    public enum Operator: String, Sendable, Hashable {
        /// It has the value.
        case equals = "="
        /// It hasn't the value.
        case notEquals = "!="
    }

    /// One condition on one field.
    public struct Requirement: Sendable, Hashable, CustomStringConvertible {
        /// The field's path.
        public let field: String
        /// How it is compared.
        public let `operator`: Operator
        /// With what, without escapes.
        public let value: String

        /// A requirement.
        public init(field: String, operator: Operator, value: String) {
            self.field = field
            self.operator = `operator`
            self.value = value
        }

        /// The text, with escapes.
        public var description: String { field + `operator`.rawValue + FieldSelector.escaping(value) }
    }

    /// Takes everything.
    public static let everything = FieldSelector([])

    /// What has to hold.
    public let requirements: [Requirement]

    /// A selector of these requirements.
    public init(_ requirements: [Requirement]) {
        self.requirements = requirements
    }

    /// Parses the text of a `fieldSelector` parameter: `field=value`, `field==value` or `field!=value`, separated by commas. In values `\`, `,` and
    /// `=` are written with a backslash before them. White space counts. Empty text takes everything.
    /// - Throws: ``SelectorError`` in upstream's words.
    ///
    /// Source of the rule: upstream fields.ParseSelector.
    public init(parsing text: String) throws(SelectorError) {
        var requirements: [Requirement] = []
        for term in FieldSelector.terms(of: text).sorted(by: { $0.precedesByBytes($1) }) where !term.isEmpty {
            guard let (field, `operator`, value) = FieldSelector.split(term) else {
                throw SelectorError(message: "invalid selector: '\(text)'; can't understand '\(term)'")
            }
            requirements.append(Requirement(field: field, operator: `operator`, value: try FieldSelector.unescaping(value)))
        }
        self.requirements = requirements
    }

    /// True when no object is turned away.
    public var isEmpty: Bool { requirements.isEmpty }

    /// The canonical text.
    public var description: String { requirements.map(\.description).joined(separator: ",") }

    /// The paths that are asked about, each once, in order.
    public var fields: [String] {
        var seen = Set<String>()
        return requirements.map(\.field).filter { seen.insert($0).inserted }
    }

    /// The value a field must have, when the selector pins it to one.
    public func requiredValue(of field: String) -> String? {
        requirements.first { $0.field == field && $0.operator == .equals }?.value
    }

    /// Whether these fields are selected. A field that isn't there counts as empty.
    public func matches(_ fields: [String: String]) -> Bool {
        requirements.allSatisfy { requirement in
            (fields[requirement.field, default: ""] == requirement.value) == (requirement.operator == .equals)
        }
    }

    /// Writes a value so that parsing gives it back.
    static func escaping(_ value: String) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            if scalar == "\\" || scalar == "," || scalar == "=" { result.unicodeScalars.append("\\") }
            result.unicodeScalars.append(scalar)
        }
        return result
    }

    /// Splits at commas without a backslash before them.
    private static func terms(of text: String) -> [String] {
        var terms = [""]
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if scalar == "," && !isEscaped {
                terms.append("")
            } else {
                terms[terms.count - 1].unicodeScalars.append(scalar)
            }
            isEscaped = scalar == "\\" && !isEscaped
        }
        return terms
    }

    /// Splits at the first operator.
    private static func split(_ term: String) -> (String, Operator, String)? {
        let scalars = term.unicodeScalars
        for index in scalars.indices {
            let rest = scalars[index...]
            for (text, `operator`) in [("!=", Operator.notEquals), ("==", .equals), ("=", .equals)] where rest.starts(with: text.unicodeScalars) {
                return (String(scalars[..<index]), `operator`, String(rest.dropFirst(text.unicodeScalars.count)))
            }
        }
        return nil
    }

    private static func unescaping(_ text: String) throws(SelectorError) -> String {
        var result = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in text.unicodeScalars {
            let isSpecial = scalar == "\\" || scalar == "," || scalar == "="
            if isEscaped {
                guard isSpecial else { throw SelectorError(message: "invalid field selector: invalid escape sequence: \\\(scalar)") }
                result.append(scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else {
                guard !isSpecial else { throw SelectorError(message: "invalid field selector: unescaped character in value: \(scalar)") }
                result.append(scalar)
            }
        }
        if isEscaped { throw SelectorError(message: "invalid field selector: invalid escape sequence: \\") }
        return String(result)
    }
}
