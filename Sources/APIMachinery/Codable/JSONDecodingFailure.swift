//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Why a tree isn't the type it was decoded as.
public struct JSONDecodingFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where, such as `spec.containers[0].image`; empty for the whole.
    public var path: String
    /// What was expected and what was found.
    public var message: String

    /// A failure at a path.
    public init(path: String, message: String) {
        self.path = path
        self.message = message
    }

    /// The path and the message.
    public var description: String { path.isEmpty ? message : "\(path): \(message)" }

    /// A value of one type where another was expected.
    static func mismatch(expected: String, found: JSONValue, path: String) -> JSONDecodingFailure {
        JSONDecodingFailure(path: path, message: "expected \(expected), found \(found.kindText)")
    }

    /// The same failure below a path.
    func below(_ prefix: String) -> JSONDecodingFailure {
        JSONDecodingFailure(path: JSONDecodingFailure.join(prefix, path), message: message)
    }

    static func join(_ prefix: String, _ path: String) -> String {
        if prefix.isEmpty { return path }
        if path.isEmpty { return prefix }
        return path.hasPrefix("[") ? prefix + path : "\(prefix).\(path)"
    }
}

/// Why a value can't be written as a tree.
public struct JSONEncodingFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where, such as `spec.weight`; empty for the whole.
    public var path: String
    /// What JSON has no form for.
    public var message: String

    /// A failure at a path.
    public init(path: String, message: String) {
        self.path = path
        self.message = message
    }

    /// The path and the message.
    public var description: String { path.isEmpty ? message : "\(path): \(message)" }
}

extension JSONValue {
    /// What kind of value this is, for messages.
    var kindText: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer(let integer): "the integer \(integer)"
        case .double(let double): "the number \(double)"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// A path through a tree, built backwards so that going down costs nothing.
indirect enum JSONPath {
    case root
    case member(JSONPath, String)
    case element(JSONPath, Int)

    var description: String {
        switch self {
        case .root: ""
        case .member(let parent, let key): JSONDecodingFailure.join(parent.description, key)
        case .element(let parent, let index): "\(parent.description)[\(index)]"
        }
    }

    var codingPath: [any CodingKey] {
        switch self {
        case .root: []
        case .member(let parent, let key): parent.codingPath + [JSONCodingKey(stringValue: key)]
        case .element(let parent, let index): parent.codingPath + [JSONCodingKey(intValue: index)]
        }
    }

    static func text(of codingPath: [any CodingKey]) -> String {
        codingPath.reduce("") { text, key in
            if let index = key.intValue { "\(text)[\(index)]" } else { JSONDecodingFailure.join(text, key.stringValue) }
        }
    }
}

/// Any key.
struct JSONCodingKey: CodingKey {
    var stringValue: String
    var intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
    }

    init(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }
}
