//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Encodes any `Encodable` to a tree.
///
/// Members keep the order in which the type encodes them; dictionaries with text keys are written sorted by key; nil optionals are left out. A
/// ``JSONValue`` inside a type becomes that part of the tree as it is.
public struct JSONValueEncoder: Sendable {
    /// An encoder.
    public init() {}

    /// Encodes a value. A type that encodes nothing becomes an empty object.
    /// - Throws: ``JSONEncodingFailure`` naming the path of what JSON has no form for (a number that isn't finite or doesn't fit), or what the type's
    ///   own `encode(to:)` threw.
    public func encode(_ value: some Encodable) throws(JSONEncodingFailure) -> JSONValue {
        do {
            return try JSONTreeEncoder.tree(of: value, at: .root)
        } catch let failure as JSONEncodingFailure {
            throw failure
        } catch EncodingError.invalidValue(_, let context) {
            throw JSONEncodingFailure(path: JSONPath.text(of: context.codingPath), message: context.debugDescription)
        } catch {
            throw JSONEncodingFailure(path: "", message: "\(error)")
        }
    }
}

/// Where an encoder puts what it is given. A class, because containers nested in each other write to the same tree until all are done.
final class JSONEncodingNode {
    enum Content {
        case nothing
        case value(JSONValue)
        case array([JSONEncodingChild])
        case object([(key: String, child: JSONEncodingChild)])
    }

    var content = Content.nothing

    func append(_ child: JSONEncodingChild) {
        guard case .array(var children) = content else {
            content = .array([child])
            return
        }
        content = .nothing
        children.append(child)
        content = .array(children)
    }

    func set(_ child: JSONEncodingChild, for key: String) {
        guard case .object(var children) = content else {
            content = .object([(key, child)])
            return
        }
        content = .nothing
        if let index = children.firstIndex(where: { $0.key == key }) { children[index].child = child } else { children.append((key, child)) }
        content = .object(children)
    }

    func tree() -> JSONValue {
        switch content {
        case .nothing: .object(JSONObject())
        case .value(let value): value
        case .array(let children): .array(children.map { $0.tree() })
        case .object(let children):
            .object(JSONObject(uniqueMembers: children.map { JSONObject.Member(key: $0.key, value: $0.child.tree()) }))
        }
    }
}

/// A part of a node: done, or still being written to.
enum JSONEncodingChild {
    case value(JSONValue)
    case node(JSONEncodingNode)

    func tree() -> JSONValue {
        switch self {
        case .value(let value): value
        case .node(let node): node.tree()
        }
    }
}

/// A dictionary whose keys are text; its members come in no order and are sorted.
private protocol TextKeyedDictionary {}
extension Dictionary: TextKeyedDictionary where Key == String {}

struct JSONTreeEncoder: Encoder {
    let node: JSONEncodingNode
    let path: JSONPath

    var codingPath: [any CodingKey] { path.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .nothing = node.content { node.content = .object([]) }
        return KeyedEncodingContainer(JSONKeyedEncoding<Key>(node: node, path: path))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .nothing = node.content { node.content = .array([]) }
        return JSONUnkeyedEncoding(node: node, path: path)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    /// The tree of a value. Basic types, and the collections that objects are full of, don't go through their own `encode(to:)`.
    static func tree<T: Encodable>(of value: T, at path: JSONPath) throws -> JSONValue {
        if T.self == String.self { return .string(same(value)) }
        if T.self == JSONValue.self { return same(value) }
        if T.self == Bool.self { return .bool(same(value)) }
        if T.self == Int64.self { return .integer(same(value)) }
        if T.self == [String: String].self { return .object(JSONObject(sorting: same(value))) }
        if T.self == Double.self { return try number(same(value), path) }
        if let integer = value as? any FixedWidthInteger {
            guard let exact = Int64(exactly: integer) else { throw failure("\(integer) doesn't fit 64 bits with a sign", path) }
            return .integer(exact)
        }
        if let float = value as? Float { return try number(Double(float.description) ?? Double(float), path) }
        let node = JSONEncodingNode()
        try value.encode(to: JSONTreeEncoder(node: node, path: path))
        let tree = node.tree()
        guard value is any TextKeyedDictionary, case .object(let object) = tree else { return tree }
        return .object(JSONObject(uniqueMembers: object.members.sorted { $0.key.precedesByBytes($1.key) }))
    }

    /// The caller has just found both types to be one.
    private static func same<A, B>(_ value: A) -> B { unsafeBitCast(value, to: B.self) }

    private static func number(_ double: Double, _ path: JSONPath) throws -> JSONValue {
        guard double.isFinite else { throw failure("\(double) has no form in JSON", path) }
        return .double(double)
    }

    private static func failure(_ message: String, _ path: JSONPath) -> JSONEncodingFailure {
        JSONEncodingFailure(path: path.description, message: message)
    }
}

extension JSONTreeEncoder: SingleValueEncodingContainer {
    func encodeNil() throws { node.content = .value(.null) }

    func encode<T: Encodable>(_ value: T) throws { node.content = .value(try JSONTreeEncoder.tree(of: value, at: path)) }
}

extension JSONObject {
    /// Members sorted by key.
    init(sorting map: [String: String]) {
        self.init(uniqueMembers: map.map { Member(key: $0.key, value: .string($0.value)) }.sorted { $0.key.precedesByBytes($1.key) })
    }
}
