//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Reads the members of an object by name and type. Absent members and nulls read as empty.
struct JSONMemberReader {
    let object: JSONObject
    let path: String
    /// Members of another type read as empty instead of failing.
    var isLenient = false

    init(_ value: JSONValue, path: String, isLenient: Bool = false) throws(JSONDecodingFailure) {
        guard case .object(let object) = value else { throw .mismatch(expected: "an object", found: value, path: path) }
        self.object = object
        self.path = path
        self.isLenient = isLenient
    }

    /// The value of a member as `extract` sees it; nil when there is nothing.
    private func read<T>(_ key: String, _ expected: String, _ extract: (JSONValue) -> T?) throws(JSONDecodingFailure) -> T? {
        guard let value = object[key], !value.isNull else { return nil }
        if let result = extract(value) { return result }
        if isLenient { return nil }
        throw .mismatch(expected: expected, found: value, path: JSONDecodingFailure.join(path, key))
    }

    func string(_ key: String) throws(JSONDecodingFailure) -> String { try read(key, "a string", \.stringValue) ?? "" }

    func bool(_ key: String) throws(JSONDecodingFailure) -> Bool? { try read(key, "a boolean", \.boolValue) }

    func integer(_ key: String) throws(JSONDecodingFailure) -> Int64? { try read(key, "an integer", \.integerValue) }

    func timestamp(_ key: String) throws(JSONDecodingFailure) -> Timestamp? {
        try read(key, "a time in RFC 3339 form, such as 2026-11-23T07:29:34Z") { $0.stringValue.flatMap(Timestamp.init(parsing:)) }
    }

    func array(_ key: String) throws(JSONDecodingFailure) -> [JSONValue] { try read(key, "an array", \.arrayValue) ?? [] }

    func strings(_ key: String) throws(JSONDecodingFailure) -> [String] {
        var strings: [String] = []
        for (index, element) in try array(key).enumerated() {
            if case .string(let string) = element {
                strings.append(string)
            } else if !isLenient {
                throw .mismatch(expected: "a string", found: element, path: JSONDecodingFailure.join(path, "\(key)[\(index)]"))
            }
        }
        return strings
    }

    func stringMap(_ key: String) throws(JSONDecodingFailure) -> [String: String] {
        guard let object = try read(key, "an object", \.objectValue) else { return [:] }
        var map = [String: String](minimumCapacity: object.count)
        for member in object {
            switch member.value {
            case .string(let string): map[member.key] = string
            case .null: map[member.key] = ""
            default:
                if isLenient { continue }
                throw .mismatch(expected: "a string", found: member.value, path: JSONDecodingFailure.join(path, "\(key).\(member.key)"))
            }
        }
        return map
    }

    func objects<T: JSONConvertible>(_ key: String, as type: T.Type) throws(JSONDecodingFailure) -> [T] {
        var results: [T] = []
        for (index, element) in try array(key).enumerated() {
            do throws(JSONDecodingFailure) {
                var reader = try JSONMemberReader(element, path: JSONDecodingFailure.join(path, "\(key)[\(index)]"), isLenient: isLenient)
                results.append(try T(reading: &reader))
            } catch {
                if !isLenient { throw error }
            }
        }
        return results
    }
}

/// A type with a hand-written JSON form, which its `Codable` goes through too: metadata is read with every write, and the `Codable` machinery costs
/// ten times as much.
protocol JSONConvertible {
    init(reading reader: inout JSONMemberReader) throws(JSONDecodingFailure)
    func json() -> JSONValue
}

extension JSONConvertible {
    init(tree: JSONValue) throws(JSONDecodingFailure) {
        var reader = try JSONMemberReader(tree, path: "")
        try self.init(reading: &reader)
    }

    init(treeOf decoder: any Decoder) throws {
        let tree = try JSONValue(from: decoder)
        do throws(JSONDecodingFailure) {
            try self.init(tree: tree)
        } catch {
            throw error.below(JSONPath.text(of: decoder.codingPath))
        }
    }
}
