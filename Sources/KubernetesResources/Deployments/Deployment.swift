//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// A number of equal pods, and how to replace them by newer ones.
public struct Deployment: APIResource, Codable, Hashable {
    /// Name, labels and the like.
    public var metadata: ObjectMeta
    /// What is wanted.
    public var spec: DeploymentSpec
    /// What is.
    public var status: DeploymentStatus

    /// A deployment.
    public init(metadata: ObjectMeta = ObjectMeta(), spec: DeploymentSpec = DeploymentSpec(), status: DeploymentStatus = DeploymentStatus()) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }

    /// Reads the members; absent ones take their empty value.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.value(.metadata, default: ObjectMeta())
        spec = try container.value(.spec, default: DeploymentSpec())
        status = try container.value(.status, default: DeploymentStatus())
    }
}

/// What is wanted of a deployment.
public struct DeploymentSpec: Sendable, Hashable, Codable {
    /// How many pods; nil before defaulting, which makes it 1.
    public var replicas: Int32?
    /// Which pods are the deployment's; can't be changed.
    public var selector: LabelSelectorTerms?
    /// What the pods are like.
    public var template: PodTemplate
    /// How old pods are replaced.
    public var strategy: DeploymentUpdateStrategy
    /// Seconds a pod must be ready to count as available.
    public var minReadySeconds: Int32
    /// How many old replica sets are kept.
    public var revisionHistoryLimit: Int32?
    /// The controller leaves the deployment alone.
    public var paused: Bool
    /// Seconds after which a rollout that doesn't advance has failed.
    public var progressDeadlineSeconds: Int32?

    /// A specification.
    public init(replicas: Int32? = nil, selector: LabelSelectorTerms? = nil, template: PodTemplate = PodTemplate()) {
        self.replicas = replicas
        self.selector = selector
        self.template = template
        strategy = DeploymentUpdateStrategy()
        minReadySeconds = 0
        paused = false
    }

    /// Reads the members; absent ones take their empty value.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        replicas = try container.decodeIfPresent(Int32.self, forKey: .replicas)
        selector = try container.decodeIfPresent(LabelSelectorTerms.self, forKey: .selector)
        template = try container.value(.template, default: PodTemplate())
        strategy = try container.value(.strategy, default: DeploymentUpdateStrategy())
        minReadySeconds = try container.value(.minReadySeconds, default: 0)
        revisionHistoryLimit = try container.decodeIfPresent(Int32.self, forKey: .revisionHistoryLimit)
        paused = try container.value(.paused, default: false)
        progressDeadlineSeconds = try container.decodeIfPresent(Int32.self, forKey: .progressDeadlineSeconds)
    }
}

/// How a deployment's old pods are replaced.
public struct DeploymentUpdateStrategy: Sendable, Hashable, Codable {
    /// Bounds of a rolling update.
    public struct RollingUpdate: Sendable, Hashable, Codable {
        /// How many pods may be missing.
        public var maxUnavailable: IntOrString?
        /// How many pods there may be too many.
        public var maxSurge: IntOrString?

        /// Bounds.
        public init(maxUnavailable: IntOrString? = nil, maxSurge: IntOrString? = nil) {
            self.maxUnavailable = maxUnavailable
            self.maxSurge = maxSurge
        }
    }

    /// `RollingUpdate` or `Recreate`; empty before defaulting.
    public var type: String
    /// With `RollingUpdate` only.
    public var rollingUpdate: RollingUpdate?

    /// A strategy.
    public init(type: String = "", rollingUpdate: RollingUpdate? = nil) {
        self.type = type
        self.rollingUpdate = rollingUpdate
    }

    /// Reads the members; absent ones take their empty value.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        type = try container.value(.type, default: "")
        rollingUpdate = try container.decodeIfPresent(RollingUpdate.self, forKey: .rollingUpdate)
    }
}

/// What is, as a deployment's controller reports it.
public struct DeploymentStatus: Sendable, Hashable, Codable {
    private enum CodingKeys: String, CodingKey {
        case observedGeneration, replicas, updatedReplicas, readyReplicas, availableReplicas, unavailableReplicas, terminatingReplicas, conditions,
            collisionCount
    }

    /// The generation that the controller has acted on.
    public var observedGeneration: Int64 = 0
    /// How many pods there are.
    public var replicas: Int32 = 0
    /// How many are of the newest template.
    public var updatedReplicas: Int32 = 0
    /// How many are ready.
    public var readyReplicas: Int32 = 0
    /// How many have been ready long enough.
    public var availableReplicas: Int32 = 0
    /// How many are missing.
    public var unavailableReplicas: Int32 = 0
    /// How many are ending; nil when nobody counts.
    public var terminatingReplicas: Int32?
    /// What the controller has to say, shaped by the schema.
    public var conditions: [JSONValue] = []
    /// How often a replica set's name was taken.
    public var collisionCount: Int32?

    /// Nothing reported yet.
    public init() {}

    /// Reads the members; absent ones take their empty value.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        observedGeneration = try container.value(.observedGeneration, default: 0)
        replicas = try container.value(.replicas, default: 0)
        updatedReplicas = try container.value(.updatedReplicas, default: 0)
        readyReplicas = try container.value(.readyReplicas, default: 0)
        availableReplicas = try container.value(.availableReplicas, default: 0)
        unavailableReplicas = try container.value(.unavailableReplicas, default: 0)
        terminatingReplicas = try container.decodeIfPresent(Int32.self, forKey: .terminatingReplicas)
        conditions = try container.value(.conditions, default: [])
        collisionCount = try container.decodeIfPresent(Int32.self, forKey: .collisionCount)
    }

    /// Writes the members, without the empty ones.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeUnlessZero(observedGeneration, .observedGeneration)
        try container.encodeUnlessZero(replicas, .replicas)
        try container.encodeUnlessZero(updatedReplicas, .updatedReplicas)
        try container.encodeUnlessZero(readyReplicas, .readyReplicas)
        try container.encodeUnlessZero(availableReplicas, .availableReplicas)
        try container.encodeUnlessZero(unavailableReplicas, .unavailableReplicas)
        try container.encodeIfPresent(terminatingReplicas, forKey: .terminatingReplicas)
        try container.encodeUnlessEmpty(conditions, .conditions)
        try container.encodeIfPresent(collisionCount, forKey: .collisionCount)
    }
}
