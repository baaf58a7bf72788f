//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Reads messages by an ``ObjectSchema`` and its numbers. Unknown fields are passed over, as protobuf has it.
struct ProtobufObjectDecoder {
    private static let maximumDepth = 100
    private let numbering: ProtobufNumbering
    /// The members on the way to the one being read, for errors.
    private var path: [String] = []

    init(numbering: ProtobufNumbering) {
        self.numbering = numbering
    }

    mutating func object(_ bytes: ArraySlice<UInt8>, schema: ObjectSchema) throws(ProtobufError) -> JSONObject {
        var object = JSONObject()
        try read(bytes, type: schema.name, schema: schema, into: &object)
        return object
    }

    private mutating func read(
        _ bytes: ArraySlice<UInt8>, type: String, schema: ObjectSchema, into object: inout JSONObject
    ) throws(ProtobufError) {
        guard path.count < Self.maximumDepth else { throw failure("nested more than \(Self.maximumDepth) levels deep") }
        guard let targets = numbering.targets(of: type) else { throw failure("objects of the type \(type) can't be sent as protobuf") }
        var cursor = ProtobufCursor(bytes)
        while let (number, payload) = try located({ () throws(ProtobufError) in try cursor.next() }) {
            switch targets[number] {
            case .member(let name):
                guard let field = schema.field(name) else { continue }
                path.append(name)
                try add(payload, shape: field.shape, to: &object[name])
                path.removeLast()
            case .embedded(let inner):
                guard case .bytes(let bytes) = payload else { throw failure("field \(number) must be a message") }
                try read(bytes, type: inner, schema: schema, into: &object)
            case nil: continue
            }
        }
    }

    /// Adds a field to what is there of its member: lists and maps grow, everything else is replaced.
    private mutating func add(_ payload: ProtobufCursor.Payload, shape: ObjectSchema.Shape, to member: inout JSONValue?) throws(ProtobufError) {
        switch shape {
        case .array(let element, _):
            var elements = member?.arrayValue ?? []
            elements.append(try value(payload, shape: element))
            member = .array(elements)
        case .map(let shape, _):
            let (key, value) = try entry(payload, shape: shape)
            var entries = member?.objectValue ?? JSONObject()
            entries[key] = value
            member = .object(entries)
        default:
            member = try value(payload, shape: shape)
        }
    }

    private mutating func value(_ payload: ProtobufCursor.Payload, shape: ObjectSchema.Shape) throws(ProtobufError) -> JSONValue {
        switch (shape, payload) {
        case (.string, .bytes(let bytes)): return .string(try text(bytes))
        case (.boolean, .varint(let number)): return .bool(number != 0)
        case (.int64, .varint(let number)): return .integer(Int64(bitPattern: number))
        case (.int32, .varint(let number)): return .integer(Int64(Int32(truncatingIfNeeded: number)))
        case (.double, .fixed64(let bits)): return .double(Double(bitPattern: bits))
        case (.bytes, .bytes(let bytes)): return .string(Base64Text.encode(bytes))
        case (.quantity, .bytes(let bytes)): return .string(try firstText(bytes))
        case (.intOrString, .bytes(let bytes)): return try intOrString(bytes)
        case (.timestamp, .bytes(let bytes)): return try timestamp(bytes)
        case (.any, .bytes(let bytes)): return try json(bytes)
        case (.object, .bytes(let bytes)), (.deferred, .bytes(let bytes)):
            guard let schema = shape.objectSchema else { throw failure("the type is not known") }
            return .object(try object(bytes, schema: schema))
        default: throw failure("the field is not of the type that it should be")
        }
    }

    private mutating func entry(_ payload: ProtobufCursor.Payload, shape: ObjectSchema.Shape) throws(ProtobufError) -> (String, JSONValue) {
        guard case .bytes(let bytes) = payload else { throw failure("an entry of a map must be a message") }
        var key = ""
        var found: JSONValue?
        var cursor = ProtobufCursor(bytes)
        while let (number, payload) = try located({ () throws(ProtobufError) in try cursor.next() }) {
            switch (number, payload) {
            case (1, .bytes(let bytes)): key = try text(bytes)
            case (2, let payload): found = try value(payload, shape: shape)
            default: continue
            }
        }
        return (key, found ?? shape.zero)
    }

    private func text(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw failure("the text is not UTF-8") }
        return text
    }

    /// The only field of a message that wraps a text.
    private func firstText(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) -> String {
        var found = ""
        var cursor = ProtobufCursor(bytes)
        while let (number, payload) = try located({ () throws(ProtobufError) in try cursor.next() }) {
            if number == 1, case .bytes(let bytes) = payload { found = try text(bytes) }
        }
        return found
    }

    private func intOrString(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) -> JSONValue {
        var isText = false
        var number: Int64 = 0
        var text = ""
        var cursor = ProtobufCursor(bytes)
        while let (field, payload) = try located({ () throws(ProtobufError) in try cursor.next() }) {
            switch (field, payload) {
            case (1, .varint(let kind)): isText = kind == 1
            case (2, .varint(let value)): number = Int64(Int32(truncatingIfNeeded: value))
            case (3, .bytes(let bytes)): text = try self.text(bytes)
            default: continue
            }
        }
        return isText ? .string(text) : .integer(number)
    }

    /// A time of zero is how Go writes "none".
    private func timestamp(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) -> JSONValue {
        var seconds: Int64 = 0
        var cursor = ProtobufCursor(bytes)
        while let (number, payload) = try located({ () throws(ProtobufError) in try cursor.next() }) {
            if number == 1, case .varint(let value) = payload { seconds = Int64(bitPattern: value) }
        }
        return seconds == 0 ? .null : .string(Timestamp(secondsSinceEpoch: seconds).description)
    }

    /// Arbitrary content travels as JSON text within a message (`FieldsV1`).
    private func json(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) -> JSONValue {
        var cursor = ProtobufCursor(bytes)
        while let (number, payload) = try located({ () throws(ProtobufError) in try cursor.next() }) {
            guard number == 1, case .bytes(let raw) = payload else { continue }
            do {
                return try JSONValue(parsing: Array(raw))
            } catch {
                throw failure("the content is not JSON: \(error)")
            }
        }
        return .null
    }

    private func failure(_ message: String) -> ProtobufError {
        ProtobufError(message: message, path: path.joined(separator: "."))
    }

    private func located<Result>(_ body: () throws(ProtobufError) -> Result) throws(ProtobufError) -> Result {
        do {
            return try body()
        } catch {
            throw failure(error.message)
        }
    }
}

extension ObjectSchema.Shape {
    /// What an absent value of a map's entry means.
    fileprivate var zero: JSONValue {
        switch self {
        case .string, .bytes, .quantity: .string("")
        case .int32, .int64, .intOrString: .integer(0)
        case .double: .double(0)
        case .boolean: .bool(false)
        case .array: .array([])
        case .map, .object, .deferred: .object(JSONObject())
        case .any, .timestamp: .null
        }
    }
}
