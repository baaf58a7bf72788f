//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// What the pods of a workload are like.
///
/// The pod's specification stays a JSON value: the schema governs its shape, and validation reads what it needs.
public struct PodTemplate: Sendable, Hashable, Codable {
    /// Labels and the like that the pods get.
    public var metadata: ObjectMeta
    /// The pods' specification.
    public var spec: JSONValue

    /// A template.
    public init(metadata: ObjectMeta = ObjectMeta(), spec: JSONValue = .object(JSONObject())) {
        self.metadata = metadata
        self.spec = spec
    }

    /// Reads the members; absent ones take their empty value.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.value(.metadata, default: ObjectMeta())
        spec = try container.value(.spec, default: .object(JSONObject()))
    }
}
