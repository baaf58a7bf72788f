//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry

/// Reads the content of a request.
enum BodyDecoder {
    /// A parsed text.
    struct Document: Sendable {
        /// What it says.
        var value: JSONValue
        /// The paths of members that are there twice.
        var duplicateFields: [String]
    }

    /// Reads all bytes.
    /// - Throws: 413 when there are more than may be.
    static func bytes(of request: HTTPRequest, limit: Int) async throws(Status) -> [UInt8] {
        do {
            return try await request.body.collect(upTo: limit)
        } catch {
            switch error {
            case .tooLarge(let limit): throw .requestEntityTooLarge("limit is \(limit)")
            case .disconnected: throw .badRequest("the request ended before its body was complete")
            }
        }
    }

    /// Parses bytes as the `Content-Type` says; without one they are JSON.
    /// - Parameters:
    ///   - schema: the shape that the object should have, which protobuf can't be read without.
    ///   - protobuf: the numbers that go with it; nil when protobuf isn't taken.
    /// - Throws: 415 for a type that isn't known, 400 for a text that isn't well-formed.
    static func document(
        _ bytes: [UInt8], contentType: String?, schema: ObjectSchema?, protobuf: ProtobufNumbering?
    ) throws(Status) -> Document {
        let type = contentType.flatMap(MediaType.init(parsing:))?.name ?? contentType ?? ""
        switch type {
        case "", OutputFormat.Encoding.json.rawValue: return try json(bytes)
        case OutputFormat.Encoding.yaml.rawValue, "text/yaml", "application/x-yaml":
            return Document(value: try YAML.parse(bytes), duplicateFields: [])
        case ProtobufEnvelope.mediaType:
            guard let schema, let protobuf, protobuf.knows(schema) else { break }
            do {
                return Document(value: try ProtobufEnvelope(bytes).object(schema: schema, numbering: protobuf), duplicateFields: [])
            } catch {
                throw .badRequest("the body of the request can't be read as protobuf: \(error)")
            }
        default: break
        }
        let takesProtobuf = schema.map { protobuf?.knows($0) ?? false } ?? false
        throw .unsupportedMediaType(
            supported: OutputFormat.Encoding.allCases.map(\.rawValue) + (takesProtobuf ? [ProtobufEnvelope.mediaType] : []))
    }

    /// Parses JSON.
    /// - Throws: 400 naming what was found and where.
    static func json(_ bytes: [UInt8]) throws(Status) -> Document {
        guard !bytes.isEmpty else { throw .badRequest("the request has no body; it must hold a JSON object") }
        do {
            let result = try JSONParser.parse(bytes)
            return Document(value: result.value, duplicateFields: result.duplicateFields)
        } catch {
            throw .badRequest("the body of the request is not JSON: \(error)")
        }
    }
}
