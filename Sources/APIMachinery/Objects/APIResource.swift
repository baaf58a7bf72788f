//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A typed or dynamic object as strategies, validation and patches see it: the third view, decoded from a tree only when somebody asks.
///
/// A `Codable` type gets both conversions for free; its members are encoded in the order of its `CodingKeys`.
public protocol APIResource: Sendable {
    /// The object's metadata.
    var metadata: ObjectMeta { get set }

    /// Decodes from a tree.
    /// - Throws: ``JSONDecodingFailure`` naming the path of what doesn't fit.
    init(json: JSONValue) throws(JSONDecodingFailure)

    /// The object as a tree.
    func json() -> JSONValue
}

extension APIResource where Self: Codable {
    /// Decodes with ``JSONValueDecoder``.
    public init(json: JSONValue) throws(JSONDecodingFailure) {
        self = try JSONValueDecoder().decode(Self.self, from: json)
    }

    /// Encodes with ``JSONValueEncoder``. The type must be able to encode every value it can hold; one that isn't (it throws in `encode(to:)`, or
    /// holds a double that isn't finite) is a mistake in the program, and stops it.
    public func json() -> JSONValue {
        do throws(JSONEncodingFailure) {
            return try JSONValueEncoder().encode(self)
        } catch {
            preconditionFailure("\(Self.self) can't be encoded: \(error)")
        }
    }
}
