//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The members of an object being encoded.
struct JSONKeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: JSONEncodingNode
    let path: JSONPath

    var codingPath: [any CodingKey] { path.codingPath }

    func encodeNil(forKey key: Key) throws { node.set(.value(.null), for: key.stringValue) }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        node.set(.value(try JSONTreeEncoder.tree(of: value, at: .member(path, key.stringValue))), for: key.stringValue)
    }

    func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type, forKey key: Key) -> KeyedEncodingContainer<NestedKey> {
        encoder(at: key.stringValue).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { encoder(at: key.stringValue).unkeyedContainer() }

    func superEncoder() -> any Encoder { encoder(at: "super") }

    func superEncoder(forKey key: Key) -> any Encoder { encoder(at: key.stringValue) }

    private func encoder(at key: String) -> JSONTreeEncoder {
        let child = JSONEncodingNode()
        node.set(.node(child), for: key)
        return JSONTreeEncoder(node: child, path: .member(path, key))
    }
}

/// The elements of an array being encoded.
struct JSONUnkeyedEncoding: UnkeyedEncodingContainer {
    let node: JSONEncodingNode
    let path: JSONPath

    var codingPath: [any CodingKey] { path.codingPath }

    var count: Int {
        guard case .array(let children) = node.content else { return 0 }
        return children.count
    }

    func encodeNil() throws { node.append(.value(.null)) }

    func encode<T: Encodable>(_ value: T) throws {
        node.append(.value(try JSONTreeEncoder.tree(of: value, at: .element(path, count))))
    }

    func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
        encoder().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder().unkeyedContainer() }

    func superEncoder() -> any Encoder { encoder() }

    private func encoder() -> JSONTreeEncoder {
        let path = JSONPath.element(path, count)
        let child = JSONEncodingNode()
        node.append(.node(child))
        return JSONTreeEncoder(node: child, path: path)
    }
}
