//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

package import APIMachinery

/// Reads the few kinds of protobuf fields that key management has.
package enum ProtobufFields {
    /// Calls `body` with each field of a message.
    package static func read(
        _ bytes: ArraySlice<UInt8>, _ body: (UInt64, ProtobufCursor.Payload) throws(ProtobufError) -> Void
    ) throws(ProtobufError) {
        var cursor = ProtobufCursor(bytes)
        while let field = try cursor.next() { try body(field.number, field.payload) }
    }

    /// The bytes of a field.
    package static func bytes(_ payload: ProtobufCursor.Payload) throws(ProtobufError) -> ArraySlice<UInt8> {
        guard case .bytes(let bytes) = payload else { throw ProtobufError(message: "a field that must be bytes is a number", path: "") }
        return bytes
    }

    /// The text of a field.
    package static func text(_ payload: ProtobufCursor.Payload) throws(ProtobufError) -> String {
        guard let text = String(validating: try bytes(payload), as: UTF8.self) else {
            throw ProtobufError(message: "a field that must be text isn't UTF-8", path: "")
        }
        return text
    }

    /// The number of a field.
    package static func number(_ payload: ProtobufCursor.Payload) throws(ProtobufError) -> UInt64 {
        guard case .varint(let number) = payload else { throw ProtobufError(message: "a field that must be a number is bytes", path: "") }
        return number
    }

    /// One entry of a map from text to bytes.
    package static func entry(_ payload: ProtobufCursor.Payload) throws(ProtobufError) -> (key: String, value: [UInt8]) {
        var key = ""
        var value: [UInt8] = []
        try read(try bytes(payload)) { number, payload throws(ProtobufError) in
            switch number {
            case 1: key = try text(payload)
            case 2: value = Array(try bytes(payload))
            default: break
            }
        }
        return (key, value)
    }
}
