//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// A scope for the names of objects.
public struct Namespace: APIResource, Codable, Hashable {
    /// What holds the namespace while it is being deleted.
    public struct Spec: Sendable, Hashable, Codable {
        private enum CodingKeys: String, CodingKey {
            case finalizers
        }

        /// Whoever must let go of the namespace's contents first; `kubernetes` stands for the server itself.
        public var finalizers: [String]

        /// A specification.
        public init(finalizers: [String] = []) {
            self.finalizers = finalizers
        }

        /// Reads the members; absent ones take their empty value.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            finalizers = try container.value(.finalizers, default: [])
        }

        /// Writes the members, without the empty ones.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeUnlessEmpty(finalizers, .finalizers)
        }
    }

    /// Where the namespace is in its life.
    public struct Status: Sendable, Hashable, Codable {
        private enum CodingKeys: String, CodingKey {
            case phase, conditions
        }

        /// `Active` or `Terminating`; empty before the server has set it.
        public var phase: String
        /// What the controller says about the deletion, shaped by the schema.
        public var conditions: [JSONValue]

        /// A status.
        public init(phase: String = "", conditions: [JSONValue] = []) {
            self.phase = phase
            self.conditions = conditions
        }

        /// Reads the members; absent ones take their empty value.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            phase = try container.value(.phase, default: "")
            conditions = try container.value(.conditions, default: [])
        }

        /// Writes the members, without the empty ones.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            if !phase.isEmpty { try container.encode(phase, forKey: .phase) }
            try container.encodeUnlessEmpty(conditions, .conditions)
        }
    }

    /// Name, labels and the like.
    public var metadata: ObjectMeta
    /// What holds it.
    public var spec: Spec
    /// Where it is in its life.
    public var status: Status

    /// A namespace.
    public init(metadata: ObjectMeta = ObjectMeta(), spec: Spec = Spec(), status: Status = Status()) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }

    /// A namespace to be created under a name.
    public init(name: String) {
        self.init()
        metadata.name = name
    }

    /// Reads the members; absent ones take their empty value.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.value(.metadata, default: ObjectMeta())
        spec = try container.value(.spec, default: Spec())
        status = try container.value(.status, default: Status())
    }
}

extension Namespace {
    /// The label that carries the namespace's own name, so that selectors can name it.
    public static let nameLabel = "kubernetes.io/metadata.name"
    /// The finalizer that stands for the removal of the contents.
    public static let contentFinalizer = "kubernetes"
    /// In use.
    public static let activePhase = "Active"
    /// Being emptied.
    public static let terminatingPhase = "Terminating"
}
