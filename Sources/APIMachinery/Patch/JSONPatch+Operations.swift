//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension JSONPatch.Operation {
    func get(_ pointer: JSONPointer, in document: JSONValue) throws(PatchError) -> JSONValue {
        var current = document
        for token in pointer.tokens {
            switch current {
            case .object(let object):
                guard let next = object[token] else { throw missing(pointer) }
                current = next
            case .array(let array):
                guard let index = JSONPointer.index(token, below: array.count) else { throw missing(pointer) }
                current = array[index]
            default: throw missing(pointer)
            }
        }
        return current
    }

    func add(_ value: JSONValue, to document: inout JSONValue) throws(PatchError) {
        guard !path.tokens.isEmpty else {
            document = value
            return
        }
        try change(&document, path.tokens[...], path) { (parent, token) throws(PatchError) in
            if var object = parent.takeObject() {
                object[token] = value
                parent = .object(object)
            } else if var array = parent.takeArray() {
                if token == "-" {
                    array.append(value)
                } else if let index = JSONPointer.index(token, below: array.count + 1) {
                    array.insert(value, at: index)
                } else {
                    throw failure("\"\(token)\" in \"\(path)\" is no place in an array of \(array.count)")
                }
                parent = .array(array)
            } else {
                throw missing(path)
            }
        }
    }

    func remove(_ pointer: JSONPointer, from document: inout JSONValue) throws(PatchError) -> JSONValue {
        guard !pointer.tokens.isEmpty else {
            let removed = document
            document = .null
            return removed
        }
        var removed = JSONValue.null
        try change(&document, pointer.tokens[...], pointer) { (parent, token) throws(PatchError) in
            if var object = parent.takeObject() {
                guard let value = object[token] else { throw missing(pointer) }
                removed = value
                object[token] = nil
                parent = .object(object)
            } else if var array = parent.takeArray() {
                guard let index = JSONPointer.index(token, below: array.count) else { throw missing(pointer) }
                removed = array.remove(at: index)
                parent = .array(array)
            } else {
                throw missing(pointer)
            }
        }
        return removed
    }

    func replace(_ value: JSONValue, in document: inout JSONValue) throws(PatchError) {
        guard !path.tokens.isEmpty else {
            document = value
            return
        }
        try change(&document, path.tokens[...], path) { (parent, token) throws(PatchError) in
            if var object = parent.takeObject() {
                guard object[token] != nil else { throw missing(path) }
                object[token] = value
                parent = .object(object)
            } else if var array = parent.takeArray() {
                guard let index = JSONPointer.index(token, below: array.count) else { throw missing(path) }
                array[index] = value
                parent = .array(array)
            } else {
                throw missing(path)
            }
        }
    }

    /// Walks to the container of the last token and lets `body` change it. Containers are taken out of their places meanwhile, so that they are
    /// changed without being copied: a patch may have thousands of operations on one large list. What a failure leaves behind is
    /// thrown away with the whole document.
    private func change(
        _ value: inout JSONValue, _ tokens: ArraySlice<String>, _ pointer: JSONPointer,
        _ body: (inout JSONValue, String) throws(PatchError) -> Void
    ) throws(PatchError) {
        guard let token = tokens.first else { return }
        let rest = tokens.dropFirst()
        if rest.isEmpty { return try body(&value, token) }
        if var object = value.takeObject() {
            guard var child = object[token] else { throw missing(pointer) }
            object[token] = .null
            try change(&child, rest, pointer, body)
            object[token] = child
            value = .object(object)
        } else if var array = value.takeArray() {
            guard let index = JSONPointer.index(token, below: array.count) else { throw missing(pointer) }
            try change(&array[index], rest, pointer, body)
            value = .array(array)
        } else {
            throw missing(pointer)
        }
    }

    private func missing(_ pointer: JSONPointer) -> PatchError { failure("there is nothing at \"\(pointer)\"") }
}

extension JSONValue {
    /// Hands over the members and leaves null, so that they can be changed without being copied. nil for anything else.
    fileprivate mutating func takeObject() -> JSONObject? {
        guard case .object(let object) = self else { return nil }
        self = .null
        return object
    }

    /// Hands over the elements and leaves null. nil for anything else.
    fileprivate mutating func takeArray() -> [JSONValue]? {
        guard case .array(let array) = self else { return nil }
        self = .null
        return array
    }

    /// Equality of RFC 6902: numbers by value, objects regardless of order.
    func isJSONEqual(to other: JSONValue) -> Bool {
        switch (self, other) {
        case (.integer(let integer), .double(let double)), (.double(let double), .integer(let integer)):
            return double == Double(integer) && Int64(exactly: double) == integer
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isJSONEqual(to: $1) }
        case (.object(let left), .object(let right)):
            return left.count == right.count && left.allSatisfy { member in right[member.key]?.isJSONEqual(to: member.value) ?? false }
        default: return self == other
        }
    }

    /// About how many bytes the value takes when written.
    var approximateSize: Int {
        switch self {
        case .null, .bool: 4
        case .integer, .double: 8
        case .string(let string): string.utf8.count + 2
        case .array(let array): array.reduce(2) { $0 + $1.approximateSize + 1 }
        case .object(let object): object.reduce(2) { $0 + $1.key.utf8.count + 4 + $1.value.approximateSize }
        }
    }
}
