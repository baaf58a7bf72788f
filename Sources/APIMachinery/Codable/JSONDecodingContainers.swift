//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The members of an object being decoded.
struct JSONKeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: JSONObject
    let path: JSONPath
    /// Large objects are looked up through an index, so that decoding a big map stays linear.
    private let index: [String: JSONValue]?

    init(object: JSONObject, path: JSONPath) {
        self.object = object
        self.path = path
        index = object.count > 16 ? Dictionary(object.members.lazy.map { ($0.key, $0.value) }) { $1 } : nil
    }

    var codingPath: [any CodingKey] { path.codingPath }
    var allKeys: [Key] { object.members.compactMap { Key(stringValue: $0.key) } }

    func contains(_ key: Key) -> Bool { find(key.stringValue) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try required(key).isNull }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try JSONTreeDecoder(value: required(key), path: .member(path, key.stringValue)).decode(type)
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        guard let value = find(key.stringValue), !value.isNull else { return nil }
        return try JSONTreeDecoder(value: value, path: .member(path, key.stringValue)).decode(type)
    }

    func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type, forKey key: Key) throws -> KeyedDecodingContainer<NestedKey> {
        try decoder(at: key.stringValue).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try decoder(at: key.stringValue).unkeyedContainer() }

    func superDecoder() throws -> any Decoder { try decoder(at: "super") }

    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(at: key.stringValue) }

    private func find(_ key: String) -> JSONValue? { index.map { $0[key] } ?? object[key] }

    private func required(_ key: Key) throws -> JSONValue { try decoder(at: key.stringValue).value }

    private func decoder(at key: String) throws -> JSONTreeDecoder {
        let path = JSONPath.member(path, key)
        guard let value = find(key) else { throw JSONDecodingFailure(path: path.description, message: "is required") }
        return JSONTreeDecoder(value: value, path: path)
    }
}

/// The elements of an array being decoded.
struct JSONUnkeyedDecoding: UnkeyedDecodingContainer {
    let elements: [JSONValue]
    let path: JSONPath
    private(set) var currentIndex = 0

    init(elements: [JSONValue], path: JSONPath) {
        self.elements = elements
        self.path = path
    }

    var codingPath: [any CodingKey] { path.codingPath }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    mutating func decodeNil() throws -> Bool {
        guard try peek().value.isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let value = try peek().decode(type)
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type) throws -> KeyedDecodingContainer<NestedKey> {
        let container = try peek().container(keyedBy: type)
        currentIndex += 1
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try peek().unkeyedContainer()
        currentIndex += 1
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        let decoder = try peek()
        currentIndex += 1
        return decoder
    }

    private func peek() throws -> JSONTreeDecoder {
        guard !isAtEnd else {
            throw JSONDecodingFailure(path: path.description, message: "expected more than \(elements.count) elements")
        }
        return JSONTreeDecoder(value: elements[currentIndex], path: .element(path, currentIndex))
    }
}
