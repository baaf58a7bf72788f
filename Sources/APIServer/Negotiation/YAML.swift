//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Yams

/// The one place that knows the YAML library: YAML in and out as JSON values.
enum YAML {
    /// Reads the first document.
    ///
    /// Aliases are followed, but what they may grow to is bounded, so that a small text can't become a huge tree.
    /// - Throws: 400 saying where the text is wrong.
    static func parse(_ bytes: [UInt8], maximumNodes: Int = 1_000_000) throws(Status) -> JSONValue {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .badRequest("the YAML text is not valid UTF-8") }
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch {
            throw .badRequest("error converting YAML to JSON: \(error)")
        }
        guard let root else { return .null }
        var remaining = maximumNodes
        return try value(of: root, depth: 0, remaining: &remaining)
    }

    /// Writes a document.
    static func serialize(_ value: JSONValue) throws(Status) -> [UInt8] {
        do {
            return Array(try Yams.serialize(node: node(of: value), width: -1, allowUnicode: true).utf8)
        } catch {
            throw .internalError("the response can't be written as YAML: \(error)")
        }
    }

    private static func value(of node: Node, depth: Int, remaining: inout Int) throws(Status) -> JSONValue {
        remaining -= 1
        guard remaining >= 0, depth <= 512 else { throw .badRequest("the YAML text is nested too deeply, or its aliases grow too large") }
        switch node {
        case .alias: throw .badRequest("the YAML text has an alias to something that isn't there")
        case .scalar(let scalar): return try Self.scalar(scalar, tag: Resolver.default.resolveTag(of: node))
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence { elements.append(try value(of: element, depth: depth + 1, remaining: &remaining)) }
            return .array(elements)
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, element) in mapping {
                guard let name = key.scalar?.string else { throw .badRequest("the YAML text has a key that isn't text") }
                object[name] = try value(of: element, depth: depth + 1, remaining: &remaining)
            }
            return .object(object)
        }
    }

    private static func scalar(_ scalar: Node.Scalar, tag: Tag.Name) throws(Status) -> JSONValue {
        switch tag {
        case .null: return .null
        case .bool: return Bool.construct(from: scalar).map { .bool($0) } ?? .string(scalar.string)
        case .int:
            if let integer = Int64.construct(from: scalar) { return .integer(integer) }
            return Double(scalar.string).map { .double($0) } ?? .string(scalar.string)
        case .float:
            guard let number = Double.construct(from: scalar) else { return .string(scalar.string) }
            guard number.isFinite else { throw .badRequest("the YAML text has a number that JSON doesn't have: \(scalar.string.goQuoted)") }
            return .double(number)
        default: return .string(scalar.string)
        }
    }

    private static func node(of value: JSONValue) -> Node {
        switch value {
        case .null: Node("null", Tag(.null))
        case .bool(let bool): Node(bool ? "true" : "false", Tag(.bool))
        case .integer(let integer): Node(String(integer), Tag(.int))
        case .double(let double): Node(String(double), Tag(.float))
        case .string(let string): Node(string, Tag(.str), style(of: string))
        case .array(let elements): Node(elements.map { node(of: $0) }, Tag(.seq), elements.isEmpty ? .flow : .block)
        case .object(let object):
            Node(object.map { (node(of: .string($0.key)), node(of: $0.value)) }, Tag(.map), object.isEmpty ? .flow : .block)
        }
    }

    /// Text that a reader would take for something else is quoted.
    private static func style(of string: String) -> Node.Scalar.Style {
        if string.contains("\n") { return .literal }
        return Resolver.default.resolveTag(of: Node(string)) == .str ? .any : .doubleQuoted
    }
}
