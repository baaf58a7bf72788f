//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// How many copies of something there are and should be: the one view that autoscalers have of every workload.
public struct Scale: APIResource, Codable, Hashable {
    /// What should be.
    public struct Spec: Sendable, Hashable, Codable {
        private enum CodingKeys: String, CodingKey {
            case replicas
        }

        /// How many copies are wanted.
        public var replicas: Int32

        /// A specification.
        public init(replicas: Int32 = 0) {
            self.replicas = replicas
        }

        /// Reads the members; absent ones take their empty value.
        public init(from decoder: any Decoder) throws {
            replicas = try decoder.container(keyedBy: CodingKeys.self).value(.replicas, default: 0)
        }
    }

    /// What is.
    public struct Status: Sendable, Hashable, Codable {
        private enum CodingKeys: String, CodingKey {
            case replicas, selector
        }

        /// How many copies there are.
        public var replicas: Int32
        /// Which pods they are, as a label selector's text.
        public var selector: String

        /// A status.
        public init(replicas: Int32 = 0, selector: String = "") {
            self.replicas = replicas
            self.selector = selector
        }

        /// Reads the members; absent ones take their empty value.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            replicas = try container.value(.replicas, default: 0)
            selector = try container.value(.selector, default: "")
        }

        /// Writes the members, without the empty ones.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(replicas, forKey: .replicas)
            if !selector.isEmpty { try container.encode(selector, forKey: .selector) }
        }
    }

    /// Name, UID and version of the scaled object.
    public var metadata: ObjectMeta
    /// What should be.
    public var spec: Spec
    /// What is.
    public var status: Status

    /// A scale.
    public init(metadata: ObjectMeta = ObjectMeta(), spec: Spec = Spec(), status: Status = Status()) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }

    /// Reads the members; absent ones take their empty value.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.value(.metadata, default: ObjectMeta())
        spec = try container.value(.spec, default: Spec())
        status = try container.value(.status, default: Status())
    }

    static let kind = GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale")
}

/// A kind with a number of copies, kept in `spec.replicas`.
public protocol ScalableResource: APIResource {
    /// How many copies are wanted.
    var wantedReplicas: Int32 { get }
    /// How many copies there are.
    var presentReplicas: Int32 { get }
    /// Which pods the copies are, as a label selector's text.
    var selectorText: String { get }
}

extension Scale {
    /// The view of a scalable object.
    init(of object: some ScalableResource) {
        self.init()
        metadata.name = object.metadata.name
        metadata.namespace = object.metadata.namespace
        metadata.uid = object.metadata.uid
        metadata.resourceVersion = object.metadata.resourceVersion
        metadata.creationTimestamp = object.metadata.creationTimestamp
        spec.replicas = object.wantedReplicas
        status = Status(replicas: object.presentReplicas, selector: object.selectorText)
    }
}
