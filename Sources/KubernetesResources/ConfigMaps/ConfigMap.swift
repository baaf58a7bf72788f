//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// Configuration that pods read: texts and bytes by key.
public struct ConfigMap: APIResource, Codable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case metadata, immutable, data, binaryData
    }

    /// Name, labels and the like.
    public var metadata: ObjectMeta
    /// Once true, the data can't be changed any more.
    public var immutable: Bool?
    /// Texts by key.
    public var data: [String: String]
    /// Bytes by key, in base64. No key is in both maps.
    public var binaryData: [String: String]

    /// A config map.
    public init(metadata: ObjectMeta = ObjectMeta(), immutable: Bool? = nil, data: [String: String] = [:], binaryData: [String: String] = [:]) {
        self.metadata = metadata
        self.immutable = immutable
        self.data = data
        self.binaryData = binaryData
    }

    /// Reads the members; absent ones take their empty value.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.value(.metadata, default: ObjectMeta())
        immutable = try container.decodeIfPresent(Bool.self, forKey: .immutable)
        data = try container.value(.data, default: [:])
        binaryData = try container.value(.binaryData, default: [:])
    }

    /// Writes the members, without the empty ones.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(metadata, forKey: .metadata)
        try container.encodeIfPresent(immutable, forKey: .immutable)
        try container.encodeUnlessEmpty(data, .data)
        try container.encodeUnlessEmpty(binaryData, .binaryData)
    }
}
