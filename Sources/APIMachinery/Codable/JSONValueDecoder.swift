//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Decodes any `Decodable` from a tree.
///
/// Members that the type doesn't ask for are ignored, and null counts as absent where the type says optional. Integers must fit their type and be
/// written without fraction. A ``JSONValue`` inside a type takes its part of the tree as it is.
public struct JSONValueDecoder: Sendable {
    /// A decoder.
    public init() {}

    /// Decodes a value.
    /// - Throws: ``JSONDecodingFailure`` naming the path, what was expected and what was found.
    public func decode<T: Decodable>(_ type: T.Type, from value: JSONValue) throws(JSONDecodingFailure) -> T {
        do {
            return try JSONTreeDecoder(value: value, path: .root).decode(type)
        } catch let failure as JSONDecodingFailure {
            throw failure
        } catch let error as DecodingError {
            throw JSONDecodingFailure(error)
        } catch {
            throw JSONDecodingFailure(path: "", message: "\(error)")
        }
    }
}

extension JSONDecodingFailure {
    /// What a type's own `init(from:)` had to say.
    init(_ error: DecodingError) {
        let (context, key): (DecodingError.Context, (any CodingKey)?) =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): (context, nil)
            case .keyNotFound(let key, let context): (context, key)
            @unknown default: (DecodingError.Context(codingPath: [], debugDescription: "\(error)"), nil)
            }
        let path = JSONPath.text(of: context.codingPath + (key.map { [$0] } ?? []))
        self.init(path: path, message: key == nil ? context.debugDescription : "is required")
    }
}

/// One node of a tree being decoded.
struct JSONTreeDecoder: Decoder {
    let value: JSONValue
    let path: JSONPath

    var codingPath: [any CodingKey] { path.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = value else { throw mismatch("an object") }
        return KeyedDecodingContainer(JSONKeyedDecoding<Key>(object: object, path: path))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch("an array") }
        return JSONUnkeyedDecoding(elements: elements, path: path)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    private func mismatch(_ expected: String) -> JSONDecodingFailure {
        .mismatch(expected: expected, found: value, path: path.description)
    }
}

extension JSONTreeDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { value.isNull }

    /// Decodes the node. Basic types, and the collections that objects are full of, are read without going through their own `init(from:)`.
    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        if T.self == String.self { return same(try string()) }
        if T.self == JSONValue.self { return same(value) }
        if T.self == Bool.self { return same(try bool()) }
        if T.self == Int.self { return same(try integer(Int.self)) }
        if T.self == Int64.self { return same(try integer(Int64.self)) }
        if T.self == Int32.self { return same(try integer(Int32.self)) }
        if T.self == [String: String].self { return same(try stringMap()) }
        if T.self == [String].self { return same(try strings()) }
        return try decodeRare(type)
    }

    private func decodeRare<T: Decodable>(_ type: T.Type) throws -> T {
        if T.self == Double.self { return same(try number()) }
        if T.self == Float.self { return same(Float(try number())) }
        if T.self == Int8.self { return same(try integer(Int8.self)) }
        if T.self == Int16.self { return same(try integer(Int16.self)) }
        if T.self == UInt.self { return same(try integer(UInt.self)) }
        if T.self == UInt8.self { return same(try integer(UInt8.self)) }
        if T.self == UInt16.self { return same(try integer(UInt16.self)) }
        if T.self == UInt32.self { return same(try integer(UInt32.self)) }
        if T.self == UInt64.self { return same(try integer(UInt64.self)) }
        return try T(from: self)
    }

    /// The caller has just found both types to be one.
    private func same<A, B>(_ value: A) -> B { unsafeBitCast(value, to: B.self) }

    private func string() throws -> String {
        guard case .string(let string) = value else { throw mismatch("a string") }
        return string
    }

    private func bool() throws -> Bool {
        guard case .bool(let bool) = value else { throw mismatch("a boolean") }
        return bool
    }

    private func integer<I: FixedWidthInteger>(_ type: I.Type) throws -> I {
        guard case .integer(let integer) = value else { throw mismatch("an integer") }
        guard let exact = I(exactly: integer) else { throw mismatch("an integer from \(I.min) to \(I.max)") }
        return exact
    }

    private func number() throws -> Double {
        switch value {
        case .double(let double): return double
        case .integer(let integer): return Double(integer)
        default: throw mismatch("a number")
        }
    }

    private func stringMap() throws -> [String: String] {
        guard case .object(let object) = value else { throw mismatch("an object") }
        var map = [String: String](minimumCapacity: object.count)
        for member in object {
            guard case .string(let string) = member.value else {
                throw JSONDecodingFailure.mismatch(
                    expected: "a string", found: member.value, path: JSONPath.member(path, member.key).description)
            }
            map[member.key] = string
        }
        return map
    }

    private func strings() throws -> [String] {
        guard case .array(let elements) = value else { throw mismatch("an array") }
        return try elements.enumerated().map { index, element in
            guard case .string(let string) = element else {
                throw JSONDecodingFailure.mismatch(expected: "a string", found: element, path: JSONPath.element(path, index).description)
            }
            return string
        }
    }
}
