//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension ObjectSchema {
    /// A value in the form in which its type writes it.
    public struct Normalized: Sendable {
        /// The value.
        public var value: JSONValue
        /// The paths of members that the type doesn't have, such as `spec.containers[0].foo`, in the order in which they were met. The value
        /// doesn't hold them any more.
        public var unknownFields: [String]
    }

    /// Decodes a value as a typed server does and gives it the form that would be stored: members in the type's order, unknown members and
    /// nulls dropped, empty ones dropped or written as each member's ``Presence`` says, maps sorted, quantities, times and base64 canonical.
    ///
    /// It doesn't default and doesn't look for required members. Normalizing twice changes nothing. Costs one pass over the value.
    ///
    /// Throws when a value isn't of its member's type; the failure names the path and what was found there.
    ///
    /// Source of the rule: Go's encoding of the upstream types, and upstream's strict JSON decoding.
    public func normalize(_ value: JSONValue) throws(JSONDecodingFailure) -> Normalized {
        var normalizer = Normalizer()
        let result = try normalizer.object(value, self)
        return Normalized(value: result, unknownFields: normalizer.unknownFields)
    }

    /// What Go would encode of an untouched value of this type: the members that are always written.
    public var zeroValue: JSONValue {
        var members: [JSONObject.Member] = []
        for field in fields {
            guard let value = field.absentValue else { continue }
            members.append(JSONObject.Member(key: field.name, value: value))
        }
        return .object(JSONObject(uniqueMembers: members))
    }
}

extension ObjectSchema.Field {
    /// What is written for an absent value; nil for nothing.
    fileprivate var absentValue: JSONValue? {
        switch presence {
        case .always: shape.zeroValue
        case .alwaysNullable: .null
        case .omitEmpty, .omitAbsent: nil
        }
    }
}

extension ObjectSchema.Shape {
    /// What an absent value is written as when it must be written.
    var zeroValue: JSONValue {
        switch self {
        case .string: ""
        case .int32, .int64, .intOrString: 0
        case .double: 0
        case .boolean: false
        case .quantity: "0"
        case .timestamp, .bytes, .any, .array, .map: .null
        case .object(let schema): schema.zeroValue
        case .deferred(let schema): schema().zeroValue
        }
    }
}

extension JSONValue {
    /// What Go's `omitempty` leaves out.
    var isEmptyValue: Bool {
        switch self {
        case .null: true
        case .bool(let bool): !bool
        case .integer(let integer): integer == 0
        case .double(let double): double == 0
        case .string(let string): string.isEmpty
        case .array(let array): array.isEmpty
        case .object(let object): object.isEmpty
        }
    }

    /// Names the value in an error message, without repeating long ones.
    var briefDescription: String {
        switch self {
        case .null: "null"
        case .bool(let bool): "boolean \(bool)"
        case .integer(let integer): "number \(integer)"
        case .double(let double): "number \(double)"
        case .string(let string): string.count <= 64 ? "string \"\(string)\"" : "string \"\(string.prefix(64))…\""
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// One pass over a value, remembering where it is.
private struct Normalizer {
    enum Step {
        case member(String)
        case element(Int)
    }

    var unknownFields: [String] = []
    private var steps: [Step] = []

    mutating func object(_ value: JSONValue, _ schema: ObjectSchema) throws(JSONDecodingFailure) -> JSONValue {
        guard case .object(let input) = value else { throw mismatch("an object", value) }
        let fields = schema.contents.fields
        var slots = [JSONValue?](repeating: nil, count: fields.count)
        var cursor = 0
        for member in input.members {
            guard let index = Self.index(of: member.key, in: fields, from: cursor) else {
                unknownFields.append(path(to: member.key))
                continue
            }
            cursor = index + 1
            if member.value.isNull { continue }
            steps.append(.member(member.key))
            slots[index] = try normalized(member.value, fields[index].shape)
            steps.removeLast()
        }
        var members: [JSONObject.Member] = []
        members.reserveCapacity(fields.count < 8 ? fields.count : input.count + 2)
        for (index, field) in fields.enumerated() {
            if let value = slots[index] {
                if field.presence == .omitEmpty, value.isEmptyValue { continue }
                members.append(JSONObject.Member(key: field.name, value: value))
            } else if let value = field.absentValue {
                members.append(JSONObject.Member(key: field.name, value: value))
            }
        }
        return .object(JSONObject(uniqueMembers: members))
    }

    /// Members mostly come in the type's order, so the search begins behind the last one found and wraps round.
    private static func index(of name: String, in fields: [ObjectSchema.Field], from start: Int) -> Int? {
        for index in start..<fields.count where fields[index].name == name { return index }
        for index in 0..<start where fields[index].name == name { return index }
        return nil
    }

    private mutating func normalized(_ value: JSONValue, _ shape: ObjectSchema.Shape) throws(JSONDecodingFailure) -> JSONValue {
        switch shape {
        case .string:
            guard case .string = value else { throw mismatch("a string", value) }
            return value
        case .int32:
            guard case .integer(let number) = value, Int32(exactly: number) != nil else { throw mismatch("a 32-bit integer", value) }
            return value
        case .int64:
            guard case .integer = value else { throw mismatch("a 64-bit integer", value) }
            return value
        case .double:
            switch value {
            case .integer, .double: return value
            default: throw mismatch("a number", value)
            }
        case .boolean:
            guard case .bool = value else { throw mismatch("true or false", value) }
            return value
        case .intOrString: return try intOrString(value)
        case .quantity: return try quantity(value)
        case .timestamp: return try timestamp(value)
        case .bytes: return try bytes(value)
        case .any: return value
        case .array(let element, _): return try array(value, element)
        case .map(let element, _): return try map(value, element)
        case .object(let schema): return try object(value, schema)
        case .deferred(let schema): return try object(value, schema())
        }
    }

    private mutating func array(_ value: JSONValue, _ element: ObjectSchema.Shape) throws(JSONDecodingFailure) -> JSONValue {
        guard case .array(let input) = value else { throw mismatch("an array", value) }
        var output: [JSONValue] = []
        output.reserveCapacity(input.count)
        for (index, item) in input.enumerated() {
            steps.append(.element(index))
            output.append(item.isNull ? element.zeroValue : try normalized(item, element))
            steps.removeLast()
        }
        return .array(output)
    }

    private mutating func map(_ value: JSONValue, _ element: ObjectSchema.Shape) throws(JSONDecodingFailure) -> JSONValue {
        guard case .object(let input) = value else { throw mismatch("an object", value) }
        var output = input.members
        var sorted = true
        for index in output.indices {
            let member = output[index]
            steps.append(.member(member.key))
            output[index].value = member.value.isNull ? element.zeroValue : try normalized(member.value, element)
            steps.removeLast()
            if index > 0, !output[index - 1].key.utf8.lexicographicallyPrecedes(member.key.utf8) { sorted = false }
        }
        if !sorted { output.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } }
        return .object(JSONObject(uniqueMembers: output))
    }

    private func intOrString(_ value: JSONValue) throws(JSONDecodingFailure) -> JSONValue {
        switch value {
        case .string: return value
        case .integer(let number) where Int32(exactly: number) != nil: return value
        default: throw mismatch("a 32-bit integer or a string", value)
        }
    }

    private func quantity(_ value: JSONValue) throws(JSONDecodingFailure) -> JSONValue {
        let text: String
        switch value {
        case .string(let string): text = string
        case .integer(let integer): text = String(integer)
        case .double(let double): text = String(double)
        default: throw mismatch("a quantity such as \"100m\" or \"1Gi\"", value)
        }
        guard let quantity = Quantity(parsing: text) else { throw mismatch("a quantity such as \"100m\" or \"1Gi\"", value) }
        return .string(quantity.description)
    }

    private func timestamp(_ value: JSONValue) throws(JSONDecodingFailure) -> JSONValue {
        guard case .string(let text) = value, let time = Timestamp(parsing: text) else {
            throw mismatch("an RFC 3339 time such as \"2026-01-31T12:00:00Z\"", value)
        }
        return .string(time.description)
    }

    private func bytes(_ value: JSONValue) throws(JSONDecodingFailure) -> JSONValue {
        guard case .string(let text) = value, let canonical = Base64Text.canonical(text) else {
            throw mismatch("bytes in base64", value)
        }
        return .string(canonical)
    }

    private func mismatch(_ expected: String, _ found: JSONValue) -> JSONDecodingFailure {
        JSONDecodingFailure(path: path(), message: "expected \(expected), found \(found.briefDescription)")
    }

    private func path(to member: String? = nil) -> String {
        var text = ""
        for step in steps {
            switch step {
            case .member(let name): text += text.isEmpty ? name : ".\(name)"
            case .element(let index): text += "[\(index)]"
            }
        }
        guard let member else { return text }
        return text.isEmpty ? member : "\(text).\(member)"
    }
}
