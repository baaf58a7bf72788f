//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// A number, or text such as `25%`.
///
/// Source of the rule: upstream util/intstr.
public enum IntOrString: Sendable, Hashable, Codable {
    /// A number.
    case integer(Int32)
    /// Text; a percentage where it means an amount.
    case string(String)

    /// Reads a number or a text.
    public init(from decoder: any Decoder) throws {
        let json = try JSONValue(from: decoder)
        if let text = json.stringValue {
            self = .string(text)
        } else if let number = json.integerValue.flatMap(Int32.init(exactly:)) {
            self = .integer(number)
        } else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "expected a 32-bit integer or a string"))
        }
    }

    /// Writes the number or the text.
    public func encode(to encoder: any Encoder) throws {
        try json.encode(to: encoder)
    }

    /// As JSON.
    public var json: JSONValue {
        switch self {
        case .integer(let number): .integer(Int64(number))
        case .string(let text): .string(text)
        }
    }

    /// The percentage; nil for a number and for text that isn't one.
    public var percentage: Int? {
        guard case .string(let text) = self, text.hasSuffix("%"), text.count > 1, text.utf8.dropLast().allSatisfy({ (48...57).contains($0) }) else {
            return nil
        }
        return Int(text.dropLast())
    }
}
