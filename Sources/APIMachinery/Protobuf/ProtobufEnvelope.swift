//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The envelope that Kubernetes puts around an object in protobuf: a magic number, then the kind and the object's own bytes.
///
/// Source of the rule: upstream runtime.Unknown.
public struct ProtobufEnvelope: Sendable {
    /// The media type of such bytes.
    public static let mediaType = "application/vnd.kubernetes.protobuf"
    private static let magic: [UInt8] = [0x6b, 0x38, 0x73, 0]

    /// The `apiVersion` of the object; may be empty.
    public private(set) var apiVersion = ""
    /// Its kind; may be empty.
    public private(set) var kind = ""
    private var raw: ArraySlice<UInt8> = []

    /// Whether bytes begin like an envelope.
    public static func isEnvelope(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

    /// Opens an envelope.
    /// - Throws: when the bytes don't begin with the magic number or aren't well-formed.
    public init(_ bytes: [UInt8]) throws(ProtobufError) {
        guard Self.isEnvelope(bytes) else {
            throw ProtobufError(message: "the data is not Kubernetes protobuf: it doesn't begin with \"k8s\" and a zero byte", path: "")
        }
        var cursor = ProtobufCursor(bytes.dropFirst(Self.magic.count))
        while let (number, payload) = try cursor.next() {
            switch (number, payload) {
            case (1, .bytes(let typeMeta)): try readTypeMeta(typeMeta)
            case (2, .bytes(let bytes)): raw = bytes
            case (3, .bytes(let encoding)) where !encoding.isEmpty:
                throw ProtobufError(message: "content encoding \"\(String(decoding: encoding, as: UTF8.self))\" is not supported", path: "")
            default: continue
            }
        }
    }

    private mutating func readTypeMeta(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) {
        var cursor = ProtobufCursor(bytes)
        while let (number, payload) = try cursor.next() {
            guard case .bytes(let text) = payload else { continue }
            switch number {
            case 1: apiVersion = String(decoding: text, as: UTF8.self)
            case 2: kind = String(decoding: text, as: UTF8.self)
            default: continue
            }
        }
    }

    /// The object, as JSON would have it. Its members are not in order yet: normalize it.
    /// - Throws: naming the member that can't be read.
    public func object(schema: ObjectSchema, numbering: ProtobufNumbering) throws(ProtobufError) -> JSONValue {
        var decoder = ProtobufObjectDecoder(numbering: numbering)
        var object = try decoder.object(raw, schema: schema)
        if !apiVersion.isEmpty { object["apiVersion"] = .string(apiVersion) }
        if !kind.isEmpty { object["kind"] = .string(kind) }
        return .object(object)
    }
}
