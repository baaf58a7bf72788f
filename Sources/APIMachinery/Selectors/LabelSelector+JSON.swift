//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension LabelSelector {
    /// Reads the object form that specs hold: `matchLabels` and `matchExpressions`, all of which have to hold. An empty object takes everything.
    /// - Throws: ``SelectorError`` when a part isn't of its type, an operator isn't `In`, `NotIn`, `Exists` or `DoesNotExist`, or a key or value
    ///   isn't valid. What an absent selector means (upstream: it takes nothing) is the caller's to say; null throws.
    public init(json: JSONValue) throws(SelectorError) {
        guard let object = json.objectValue else { throw SelectorError(message: "a label selector must be an object, not \(json.kindText)") }
        var requirements: [Requirement] = []
        for (key, value) in try LabelSelector.strings(object["matchLabels"]) {
            requirements.append(try Requirement(key: key, operator: .equals, values: [value]))
        }
        switch object["matchExpressions"] {
        case nil, .null?: break
        case .array(let expressions)?:
            for expression in expressions { requirements.append(try LabelSelector.requirement(expression)) }
        case let other?: throw SelectorError(message: "matchExpressions must be an array, not \(other.kindText)")
        }
        self.init(requirements)
    }

    private static func strings(_ value: JSONValue?) throws(SelectorError) -> [(String, String)] {
        guard let value, !value.isNull else { return [] }
        guard let object = value.objectValue else { throw SelectorError(message: "matchLabels must be an object, not \(value.kindText)") }
        var pairs: [(String, String)] = []
        for member in object {
            guard let text = member.value.stringValue else {
                throw SelectorError(message: "matchLabels.\(member.key) must be a string, not \(member.value.kindText)")
            }
            pairs.append((member.key, text))
        }
        return pairs
    }

    private static func requirement(_ expression: JSONValue) throws(SelectorError) -> Requirement {
        let text = expression["operator"]?.stringValue ?? ""
        let `operator`: Operator
        switch text {
        case "In": `operator` = .in
        case "NotIn": `operator` = .notIn
        case "Exists": `operator` = .exists
        case "DoesNotExist": `operator` = .doesNotExist
        default: throw SelectorError(message: "\(text.goQuoted) is not a valid label selector operator")
        }
        var values: [String] = []
        for value in expression["values"]?.arrayValue ?? [] {
            guard let text = value.stringValue else {
                throw SelectorError(message: "a value in matchExpressions must be a string, not \(value.kindText)")
            }
            values.append(text)
        }
        return try Requirement(key: expression["key"]?.stringValue ?? "", operator: `operator`, values: values)
    }
}
