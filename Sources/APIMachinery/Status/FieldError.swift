//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What is wrong with one field of an object.
///
/// Source of the rule: upstream util/validation/field Error, whose texts these are.
public struct FieldError: Sendable, Hashable, CustomStringConvertible {
    /// The kind of trouble; the text is a cause's `reason`.
    public struct Kind: RawRepresentable, Hashable, Sendable {
        /// The text of a cause's `reason`.
        public let rawValue: String
        /// A kind by its text.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// A value must be given.
        public static let required = Kind(rawValue: "FieldValueRequired")
        /// The value breaks a rule.
        public static let invalid = Kind(rawValue: "FieldValueInvalid")
        /// The value must be unique and isn't.
        public static let duplicate = Kind(rawValue: "FieldValueDuplicate")
        /// What the value names isn't there.
        public static let notFound = Kind(rawValue: "FieldValueNotFound")
        /// The value isn't one of those that are known.
        public static let notSupported = Kind(rawValue: "FieldValueNotSupported")
        /// No value may be given here and now.
        public static let forbidden = Kind(rawValue: "FieldValueForbidden")
        /// The value is too long.
        public static let tooLong = Kind(rawValue: "FieldValueTooLong")
        /// The value is too short.
        public static let tooShort = Kind(rawValue: "FieldValueTooShort")
        /// There are too many elements.
        public static let tooMany = Kind(rawValue: "FieldValueTooMany")
        /// There are too few elements.
        public static let tooFew = Kind(rawValue: "FieldValueTooFew")
        /// The value isn't of the field's type.
        public static let typeInvalid = Kind(rawValue: "FieldValueTypeInvalid")
        /// It isn't the caller's fault.
        public static let internalError = Kind(rawValue: "InternalError")

        fileprivate var text: String {
            switch self {
            case .required: "Required value"
            case .invalid, .typeInvalid: "Invalid value"
            case .duplicate: "Duplicate value"
            case .notFound: "Not found"
            case .notSupported: "Unsupported value"
            case .forbidden: "Forbidden"
            case .tooLong: "Too long"
            case .tooShort: "Too short"
            case .tooMany: "Too many"
            case .tooFew: "Too few"
            case .internalError: "Internal error"
            default: rawValue
            }
        }

        /// The value isn't shown: it is missing, mustn't be there, or is too long.
        fileprivate var omitsValue: Bool {
            switch self {
            case .required, .forbidden, .tooLong, .tooShort, .internalError: true
            default: false
            }
        }
    }

    /// The kind of trouble.
    public var kind: Kind
    /// The field's path, such as `spec.replicas`.
    public var field: String
    /// The value that was found; nil when it isn't to be shown.
    public var badValue: JSONValue?
    /// The rule that is broken.
    public var detail: String

    /// An error. The static functions make the usual ones.
    public init(kind: Kind, field: String, badValue: JSONValue? = nil, detail: String = "") {
        self.kind = kind
        self.field = field
        self.badValue = badValue
        self.detail = detail
    }

    /// The whole text: `spec.replicas: Invalid value: -1: must be greater than or equal to 0`.
    public var description: String { "\(field): \(message)" }

    /// The text without the field: what a cause's `message` holds.
    public var message: String {
        var text = kind.text
        if !kind.omitsValue, let badValue { text += ": \(FieldError.text(of: badValue))" }
        if !detail.isEmpty { text += ": \(detail)" }
        return text
    }

    /// The error as a cause of a `Status`.
    public var cause: Status.Cause { Status.Cause(type: kind.rawValue, message: message, field: field) }

    private static func text(of value: JSONValue) -> String {
        if case .string(let string) = value { return string.goQuoted }
        return String(decoding: value.serialized(), as: UTF8.self)
    }
}

extension FieldError {
    /// A value must be given.
    public static func required(_ field: String, _ detail: String = "") -> FieldError {
        FieldError(kind: .required, field: field, detail: detail)
    }

    /// The value breaks a rule.
    public static func invalid(_ field: String, _ value: JSONValue?, _ detail: String) -> FieldError {
        FieldError(kind: .invalid, field: field, badValue: value, detail: detail)
    }

    /// The value isn't of the field's type.
    public static func typeInvalid(_ field: String, _ value: JSONValue?, _ detail: String) -> FieldError {
        FieldError(kind: .typeInvalid, field: field, badValue: value, detail: detail)
    }

    /// The value must be unique and isn't.
    public static func duplicate(_ field: String, _ value: JSONValue) -> FieldError {
        FieldError(kind: .duplicate, field: field, badValue: value)
    }

    /// What the value names isn't there.
    public static func notFound(_ field: String, _ value: JSONValue) -> FieldError {
        FieldError(kind: .notFound, field: field, badValue: value)
    }

    /// The value isn't one of those that are known.
    public static func notSupported(_ field: String, _ value: JSONValue, supported: [String]) -> FieldError {
        let detail = supported.isEmpty ? "" : "supported values: " + supported.map(\.goQuoted).joined(separator: ", ")
        return FieldError(kind: .notSupported, field: field, badValue: value, detail: detail)
    }

    /// No value may be given here and now.
    public static func forbidden(_ field: String, _ detail: String) -> FieldError {
        FieldError(kind: .forbidden, field: field, detail: detail)
    }

    /// The value is longer than so many bytes.
    public static func tooLong(_ field: String, maximumBytes: Int) -> FieldError {
        FieldError(kind: .tooLong, field: field, detail: "may not be more than \(maximumBytes) \(maximumBytes == 1 ? "byte" : "bytes")")
    }

    /// There are more elements than may be.
    public static func tooMany(_ field: String, count: Int, maximum: Int) -> FieldError {
        FieldError(
            kind: .tooMany, field: field, badValue: .integer(Int64(count)), detail: "must have at most \(maximum) \(maximum == 1 ? "item" : "items")")
    }

    /// It isn't the caller's fault.
    public static func internalError(_ field: String, _ detail: String) -> FieldError {
        FieldError(kind: .internalError, field: field, detail: detail)
    }
}
