//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// A label selector as objects hold it.
///
/// Source of the rule: upstream meta/v1 LabelSelector.
public struct LabelSelectorTerms: Sendable, Hashable, Codable {
    /// A requirement on one label.
    public struct Expression: Sendable, Hashable, Codable {
        private enum CodingKeys: String, CodingKey {
            case key, `operator`, values
        }

        /// The label.
        public var key: String
        /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
        public var `operator`: String
        /// What the operator compares with.
        public var values: [String]

        /// A requirement.
        public init(key: String, operator: String, values: [String] = []) {
            self.key = key
            self.operator = `operator`
            self.values = values
        }

        /// Reads the members; absent ones take their empty value.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            key = try container.value(.key, default: "")
            `operator` = try container.value(.operator, default: "")
            values = try container.value(.values, default: [])
        }

        /// Writes the members, without the empty ones.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(key, forKey: .key)
            try container.encode(`operator`, forKey: .operator)
            try container.encodeUnlessEmpty(values, .values)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case matchLabels, matchExpressions
    }

    /// Labels that must have these values.
    public var matchLabels: [String: String]
    /// Further requirements; all must hold.
    public var matchExpressions: [Expression]

    /// A selector.
    public init(matchLabels: [String: String] = [:], matchExpressions: [Expression] = []) {
        self.matchLabels = matchLabels
        self.matchExpressions = matchExpressions
    }

    /// Reads the members; absent ones take their empty value.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        matchLabels = try container.value(.matchLabels, default: [:])
        matchExpressions = try container.value(.matchExpressions, default: [])
    }

    /// Writes the members, without the empty ones.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeUnlessEmpty(matchLabels, .matchLabels)
        try container.encodeUnlessEmpty(matchExpressions, .matchExpressions)
    }

    /// True without requirements.
    public var isEmpty: Bool { matchLabels.isEmpty && matchExpressions.isEmpty }

    /// The text form that clients parse, sorted by label: `app=web,tier in (a,b)`.
    public var text: String {
        let equalities = matchLabels.map { (key: $0.key, text: "\($0.key)=\($0.value)") }
        let expressions = matchExpressions.map { (key: $0.key, text: $0.text) }
        return (equalities + expressions).sorted { $0.key < $1.key }.map(\.text).joined(separator: ",")
    }

    /// Whether labels meet all requirements. Unknown operators are never met.
    public func matches(_ labels: [String: String]) -> Bool {
        matchLabels.allSatisfy { labels[$0.key] == $0.value } && matchExpressions.allSatisfy { $0.matches(labels) }
    }

    /// What is wrong with the selector.
    ///
    /// Source of the rule: upstream meta/v1 ValidateLabelSelector.
    func validate(path: String) -> [FieldError] {
        var errors: [FieldError] = []
        for (key, value) in matchLabels.sorted(by: { $0.key < $1.key }) {
            errors += NameValidation.qualifiedName(key).map { .invalid("\(path).matchLabels", .string(key), $0) }
            errors += NameValidation.labelValue(value).map { .invalid("\(path).matchLabels", .string(value), $0) }
        }
        for (index, expression) in matchExpressions.enumerated() {
            errors += expression.validate(path: "\(path).matchExpressions[\(index)]")
        }
        return errors
    }
}

extension LabelSelectorTerms.Expression {
    fileprivate var text: String {
        let list = values.sorted().joined(separator: ",")
        return switch `operator` {
        case "In": "\(key) in (\(list))"
        case "NotIn": "\(key) notin (\(list))"
        case "Exists": key
        case "DoesNotExist": "!\(key)"
        default: "\(key) \(`operator`) (\(list))"
        }
    }

    fileprivate func matches(_ labels: [String: String]) -> Bool {
        switch `operator` {
        case "In": labels[key].map { values.contains($0) } ?? false
        case "NotIn": labels[key].map { !values.contains($0) } ?? true
        case "Exists": labels[key] != nil
        case "DoesNotExist": labels[key] == nil
        default: false
        }
    }

    fileprivate func validate(path: String) -> [FieldError] {
        var errors: [FieldError] = []
        switch `operator` {
        case "In", "NotIn":
            if values.isEmpty {
                errors.append(.required("\(path).values", "must be specified when `operator` is 'In' or 'NotIn'"))
            }
        case "Exists", "DoesNotExist":
            if !values.isEmpty {
                errors.append(.forbidden("\(path).values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
            }
        default:
            errors.append(.invalid("\(path).operator", .string(`operator`), "not a valid selector operator"))
        }
        errors += NameValidation.qualifiedName(key).map { .invalid("\(path).key", .string(key), $0) }
        for (index, value) in values.enumerated() {
            errors += NameValidation.labelValue(value).map { .invalid("\(path).values[\(index)]", .string(value), $0) }
        }
        return errors
    }
}
