//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry

/// Makes an object of a kind out of what a client sent: checks that it is of the kind, brings it into shape, and fills in defaults.
struct ObjectDecoder: Sendable {
    /// Why a value isn't an object of the kind.
    enum Failure: Error {
        /// It is of another kind or version. Always 400.
        case otherKind(Status)
        /// A field has the wrong type; the message names it.
        case malformed(String)
        /// There are fields that shouldn't be, and the client wanted to be stopped by that.
        case strict([String])

        /// What is wrong, in words.
        var message: String {
            switch self {
            case .otherKind(let status): status.message
            case .malformed(let message): message
            case .strict(let errors): "strict decoding error: " + errors.joined(separator: ", ")
            }
        }
    }

    let description: ResourceDescription

    /// An object in shape and with defaults.
    /// - Parameters:
    ///   - duplicateFields: the paths of members that were there twice.
    ///   - validation: what becomes of these and of unknown fields.
    func decode(
        _ value: JSONValue, duplicateFields: [String], validation: FieldValidation, warnings: WarningRecorder
    ) throws(Failure) -> JSONValue {
        guard case .object = value else { throw .malformed("the object must be a JSON object") }
        var value = try withKind(value)
        var problems = duplicateFields.map { "duplicate field \($0.goQuoted)" }
        if let schema = description.schema {
            do {
                let normalized = try schema.normalize(value)
                // An empty list isn't written, but it has a meaning here: nobody is to manage any field.
                let resetsManagedFields = value["metadata"]?["managedFields"] == []
                value = normalized.value
                if resetsManagedFields { value["metadata"]?["managedFields"] = [] }
                problems = normalized.unknownFields.map { "unknown field \($0.goQuoted)" } + problems
            } catch {
                throw .malformed("\(error)")
            }
        }
        switch validation {
        case .ignore: break
        case .warn: for problem in problems { warnings.add(problem) }
        case .strict: if !problems.isEmpty { throw .strict(problems) }
        }
        description.schema?.applyDefaults(&value)
        return value
    }

    /// The same, for the body of a create or an update.
    /// - Throws: 400.
    func decode(_ document: BodyDecoder.Document, validation: FieldValidation, warnings: WarningRecorder) throws(Status) -> JSONValue {
        do {
            return try decode(document.value, duplicateFields: document.duplicateFields, validation: validation, warnings: warnings)
        } catch {
            if case .otherKind(let status) = error { throw status }
            throw cannotBeHandled(as: document.value["kind"]?.stringValue, error.message)
        }
    }

    /// Fills in `kind` and `apiVersion`, or checks them.
    private func withKind(_ value: JSONValue) throws(Failure) -> JSONValue {
        let expected = description.kind
        var value = value
        switch value["apiVersion"] {
        case nil, .null, "": value["apiVersion"] = .string(expected.groupVersion.description)
        case .string(expected.groupVersion.description): break
        case .string(let other):
            throw .otherKind(
                .badRequest("the API version in the data (\(other)) does not match the expected API version (\(expected.groupVersion))"))
        default: throw .malformed("apiVersion must be a string")
        }
        switch value["kind"] {
        case nil, .null, "": value["kind"] = .string(expected.kind)
        case .string(expected.kind): break
        case .string(let other):
            throw .otherKind(cannotBeHandled(as: other, "the kind in the data does not match the expected kind"))
        default: throw .malformed("kind must be a string")
        }
        return value
    }

    private func cannotBeHandled(as kind: String?, _ reason: String) -> Status {
        let kind = kind.flatMap { $0.isEmpty ? nil : $0 } ?? description.kind.kind
        return .badRequest("\(kind) in version \(description.kind.version.goQuoted) cannot be handled as a \(description.kind.kind): \(reason)")
    }
}
