//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// JSON patches: `application/json-patch+json`, a list of operations of which all or none are applied.
public enum JSONPatch {
    /// How many operations one patch may have.
    public static let maximumOperations = 10_000
    /// How many bytes the `copy` operations of one patch may add up to.
    public static let maximumCopiedBytes = 3 * 1024 * 1024

    /// Applies the operations in order. Array indices are those of RFC 6901: no sign, no leading zero, `-` for the end where something is added.
    ///
    /// Throws ``PatchError`` of kind `malformed` for a document that isn't a list of operations, `inapplicable` when an operation finds no place or
    /// a test fails, `tooLarge` beyond the limits.
    ///
    /// Source of the rule: RFC 6902; the limits are upstream's.
    public static func apply(_ patch: JSONValue, to target: JSONValue) throws(PatchError) -> JSONValue {
        guard case .array(let items) = patch else {
            throw PatchError(.malformed, "a JSON patch is an array of operations, found \(patch.briefDescription)")
        }
        guard items.count <= maximumOperations else {
            throw PatchError(.tooLarge, "The allowed maximum operations in a JSON patch is \(maximumOperations), got \(items.count)")
        }
        var operations: [Operation] = []
        operations.reserveCapacity(items.count)
        for (index, item) in items.enumerated() { operations.append(try Operation(item, index: index)) }
        var result = target
        var copied = 0
        for operation in operations { try operation.apply(to: &result, copied: &copied) }
        return result
    }
}

extension JSONPatch {
    struct Operation {
        enum Action {
            case add(JSONValue), remove, replace(JSONValue), move(from: JSONPointer), copy(from: JSONPointer), test(JSONValue)
        }

        var action: Action
        var path: JSONPointer
        /// For messages.
        var name: String

        init(_ item: JSONValue, index: Int) throws(PatchError) {
            guard case .object(let members) = item else {
                throw PatchError(.malformed, "operation \(index) of the JSON patch must be an object, found \(item.briefDescription)")
            }
            guard let op = members["op"]?.stringValue else {
                throw PatchError(.malformed, "operation \(index) of the JSON patch has no \"op\"")
            }
            name = "\(op) (operation \(index))"
            path = try Self.pointer(members, "path", name)
            switch op {
            case "add": action = .add(try Self.value(members, name))
            case "remove": action = .remove
            case "replace": action = .replace(try Self.value(members, name))
            case "move": action = .move(from: try Self.pointer(members, "from", name))
            case "copy": action = .copy(from: try Self.pointer(members, "from", name))
            case "test": action = .test(try Self.value(members, name))
            default:
                throw PatchError(
                    .malformed, "operation \(index) of the JSON patch has the unknown op \"\(op)\": use add, remove, replace, move, copy or test")
            }
        }

        func apply(to document: inout JSONValue, copied: inout Int) throws(PatchError) {
            switch action {
            case .add(let value): try add(value, to: &document)
            case .remove: _ = try remove(path, from: &document)
            case .replace(let value): try replace(value, in: &document)
            case .move(let from):
                guard !from.isProperPrefix(of: path) else {
                    throw failure("\"\(from)\" can't move into itself at \"\(path)\"")
                }
                try add(try remove(from, from: &document), to: &document)
            case .copy(let from):
                let value = try get(from, in: document)
                copied += value.approximateSize
                guard copied <= JSONPatch.maximumCopiedBytes else {
                    throw PatchError(.tooLarge, "the copies of a JSON patch may not exceed \(JSONPatch.maximumCopiedBytes) bytes together")
                }
                try add(value, to: &document)
            case .test(let expected):
                let found = try get(path, in: document)
                guard found.isJSONEqual(to: expected) else {
                    throw failure(
                        "testing \"\(path)\" failed: expected \(expected.briefDescription), found \(found.briefDescription)")
                }
            }
        }

        func failure(_ message: String) -> PatchError { PatchError(.inapplicable, "\(name): \(message)") }

        private static func pointer(_ members: JSONObject, _ key: String, _ name: String) throws(PatchError) -> JSONPointer {
            guard let text = members[key]?.stringValue else {
                throw PatchError(.malformed, "\(name) of the JSON patch has no \"\(key)\"")
            }
            guard let pointer = JSONPointer(parsing: text) else {
                throw PatchError(.malformed, "\(name) of the JSON patch has the bad \(key) \"\(text)\": a JSON pointer begins with \"/\"")
            }
            return pointer
        }

        private static func value(_ members: JSONObject, _ name: String) throws(PatchError) -> JSONValue {
            guard let value = members["value"] else { throw PatchError(.malformed, "\(name) of the JSON patch has no \"value\"") }
            return value
        }
    }
}
