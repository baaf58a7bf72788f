//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Selects objects by their labels: every requirement has to hold.
///
/// Source of the rule: upstream labels.Selector.
public struct LabelSelector: Sendable, Hashable, CustomStringConvertible {
    /// How a label is compared.
    public enum Operator: String, Sendable, Hashable {
        /// It has one of the values. `key in (a,b)`
        case `in` = "in"
        /// It has none of the values, or isn't there. `key notin (a,b)`
        case notIn = "notin"
        /// It has the value. `key=a`
        case equals = "="
        /// The same, as some write it. `key==a`
        case doubleEquals = "=="
        /// It hasn't the value, or isn't there. `key!=a`
        case notEquals = "!="
        /// It is there, with any value. `key`
        case exists = "exists"
        /// It isn't there. `!key`
        case doesNotExist = "!"
        /// It is an integer above the value. `key>1`
        case greaterThan = "gt"
        /// It is an integer below the value. `key<1`
        case lessThan = "lt"
    }

    /// One condition on one label.
    public struct Requirement: Sendable, Hashable, CustomStringConvertible {
        /// The label.
        public let key: String
        /// How it is compared.
        public let `operator`: Operator
        /// With what; sorted, each once.
        public let values: [String]

        /// A requirement.
        /// - Throws: ``SelectorError`` when key or a value isn't valid for a label, or the number of values isn't what the operator takes.
        public init(key: String, operator: Operator, values: [String] = []) throws(SelectorError) {
            self.key = key
            self.operator = `operator`
            self.values = Set(values).sorted { $0.precedesByBytes($1) }
            try validate()
        }
    }

    /// Takes everything.
    public static let everything = LabelSelector(unsorted: [])

    /// What has to hold, sorted by key.
    public let requirements: [Requirement]

    /// A selector of these requirements.
    public init(_ requirements: [Requirement]) {
        self.init(unsorted: requirements)
    }

    private init(unsorted: [Requirement]) {
        // Stable, so that two requirements on one key keep the order in which they were written.
        requirements = unsorted.enumerated().sorted { lhs, rhs in
            lhs.element.key == rhs.element.key ? lhs.offset < rhs.offset : lhs.element.key.precedesByBytes(rhs.element.key)
        }.map(\.element)
    }

    /// True when no object is turned away.
    public var isEmpty: Bool { requirements.isEmpty }

    /// The canonical text: requirements sorted by key, values sorted.
    public var description: String { requirements.map(\.description).joined(separator: ",") }

    /// Whether these labels are selected.
    public func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { $0.matches(labels[$0.key]) }
    }
}

extension LabelSelector.Requirement {
    /// The canonical text.
    public var description: String {
        switch `operator` {
        case .exists: key
        case .doesNotExist: "!\(key)"
        case .equals, .doubleEquals, .notEquals: "\(key)\(`operator`.rawValue)\(values.joined())"
        case .greaterThan: "\(key)>\(values.joined())"
        case .lessThan: "\(key)<\(values.joined())"
        case .in, .notIn: "\(key) \(`operator`.rawValue) (\(values.joined(separator: ",")))"
        }
    }

    /// Whether a label with this value, or its absence, is what is required.
    func matches(_ value: String?) -> Bool {
        switch `operator` {
        case .exists: return value != nil
        case .doesNotExist: return value == nil
        case .in, .equals, .doubleEquals: return value.map(values.contains) ?? false
        case .notIn, .notEquals: return value.map { !values.contains($0) } ?? true
        case .greaterThan, .lessThan:
            guard let value, let number = Int64(value), let bound = values.first.flatMap({ Int64($0) }) else { return false }
            return `operator` == .greaterThan ? number > bound : number < bound
        }
    }

    fileprivate func validate() throws(SelectorError) {
        var errors: [String] = []
        let keyProblems = NameValidation.qualifiedName(key)
        if !keyProblems.isEmpty { errors.append("key: Invalid value: \(key.goQuoted): \(keyProblems.joined(separator: "; "))") }
        if let problem = countProblem { errors.append("values: Invalid value: \(listText): \(problem)") }
        if `operator` == .greaterThan || `operator` == .lessThan {
            for (index, value) in values.enumerated() where Int64(value) == nil {
                errors.append("values[\(index)]: Invalid value: \(value.goQuoted): for 'Gt', 'Lt' operators, the value must be an integer")
            }
        }
        for (index, value) in values.enumerated() {
            let problems = NameValidation.labelValue(value)
            if !problems.isEmpty {
                errors.append("values[\(index)][\(key)]: Invalid value: \(value.goQuoted): \(problems.joined(separator: "; "))")
            }
        }
        if let only = errors.first, errors.count == 1 { throw SelectorError(message: only) }
        if !errors.isEmpty { throw SelectorError(message: "[\(errors.joined(separator: ", "))]") }
    }

    private var listText: String { String(decoding: JSONValue.array(values.map { .string($0) }).serialized(), as: UTF8.self) }

    private var countProblem: String? {
        switch `operator` {
        case .in, .notIn: values.isEmpty ? "for 'in', 'notin' operators, values set can't be empty" : nil
        case .equals, .doubleEquals, .notEquals: values.count == 1 ? nil : "exact-match compatibility requires one single value"
        case .exists, .doesNotExist: values.isEmpty ? nil : "values set must be empty for exists and does not exist"
        case .greaterThan, .lessThan: values.count == 1 ? nil : "for 'Gt', 'Lt' operators, exactly one value is required"
        }
    }
}
