//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Logging
public import Registry
public import Storage

/// The resources that come with the server: namespaces, config maps and deployments, each on a storage of its own.
///
/// Give ``groups`` to a server, run ``namespaceController`` beside it, and call ``createDefaultNamespaces()`` once the storages can be read.
public struct BuiltinResources: Sendable {
    /// What a server installs of one group and version.
    public struct Group: Sendable {
        /// Where it answers.
        public var groupVersion: GroupVersion
        /// Resources and subresources.
        public var resources: [InstalledResource]
    }

    /// What a server installs.
    public let groups: [Group]
    /// Keeps objects out of missing and terminating namespaces; further namespaced resources should ask it too.
    public let namespaceLifecycle: NamespaceLifecycle
    /// Empties namespaces that are being deleted; further namespaced resources should be registered with it.
    public let namespaceController: NamespaceController
    /// The namespaces.
    public let namespaces: RegistryStore<Namespace>
    /// The config maps.
    public let configMaps: RegistryStore<ConfigMap>
    /// The deployments.
    public let deployments: RegistryStore<Deployment>
    private let logger: Logger

    /// Builds everything on storages that `storage` makes, one a resource.
    /// - Parameter storage: gets the key that the resource's objects are below, as upstream servers place it, such as `/deployments`, and how
    ///   selectors read the resource's objects, which a cache must know.
    public init(
        logger: Logger, storage: (_ resourcePrefix: String, GroupResource, @escaping SelectionPredicate.AttributesFunction) throws -> any Storage
    ) rethrows {
        let lifecycle = NamespaceLifecycle()
        func store<Value>(
            _ resource: ResourceDescription, _ strategy: some Strategy<Value>, table: TableConversion<Value>,
            configure: (inout RegistryStoreConfiguration<Value>) -> Void = { _ in }
        ) throws -> RegistryStore<Value> {
            let prefix = "/" + resource.plural
            var configuration = RegistryStoreConfiguration(
                resource: resource, keyRoot: prefix, strategy: strategy, admission: [lifecycle], table: table)
            configure(&configuration)
            return RegistryStore(configuration: configuration, storage: try storage(prefix, resource.groupResource, configuration.attributes))
        }
        namespaces = try store(.namespaces, NamespaceStrategy(), table: Namespace.table) { configuration in
            configuration.attributes = Namespace.attributes
            configuration.hooks.shouldDeleteDuringUpdate = { new, _ in new.spec.finalizers.isEmpty }
        }
        configMaps = try store(.configMaps, ConfigMapStrategy(), table: ConfigMap.table)
        deployments = try store(.deployments, DeploymentStrategy(), table: Deployment.table)
        lifecycle.attach(
            namespaces, context: RequestContext(namespace: nil, user: UserInfo(name: "system:apiserver"), logger: logger))
        let finalizer = NamespaceFinalizeREST(store: namespaces)
        namespaceLifecycle = lifecycle
        namespaceController = NamespaceController(namespaces: namespaces, finalizer: finalizer, logger: logger)
        namespaceController.register(deployments)
        namespaceController.register(configMaps)
        self.logger = logger
        groups = [
            Group(
                groupVersion: GroupVersion(group: "", version: "v1"),
                resources: [
                    InstalledResource(path: "configmaps", storage: configMaps),
                    InstalledResource(path: "namespaces", storage: NamespaceREST(store: namespaces)),
                    InstalledResource(path: "namespaces/finalize", storage: finalizer),
                    InstalledResource(path: "namespaces/status", storage: StatusREST(store: namespaces, strategy: NamespaceStatusStrategy())),
                ]),
            Group(
                groupVersion: GroupVersion(group: "apps", version: "v1"),
                resources: [
                    InstalledResource(path: "deployments", storage: deployments),
                    InstalledResource(path: "deployments/scale", storage: ScaleREST(store: deployments, schema: KubernetesSchemas.scale)),
                    InstalledResource(path: "deployments/status", storage: StatusREST(store: deployments, strategy: DeploymentStatusStrategy())),
                ]),
        ]
    }

    /// Creates `default`, `kube-system`, `kube-public` and `kube-node-lease` where they are missing.
    public func createDefaultNamespaces() async throws(Status) {
        try await DefaultNamespaces.create(in: namespaces, logger: logger)
    }
}

extension ResourceDescription {
    static var namespaces: ResourceDescription {
        ResourceDescription(
            kind: GroupVersionKind(group: "", version: "v1", kind: "Namespace"), plural: "namespaces", shortNames: ["ns"], namespaced: false,
            schema: KubernetesSchemas.namespace, selectableFields: ["status.phase"], protobuf: KubernetesProtobuf.numbering,
            defaults: { Namespace.applyDefaults(&$0) })
    }

    static var configMaps: ResourceDescription {
        ResourceDescription(
            kind: GroupVersionKind(group: "", version: "v1", kind: "ConfigMap"), plural: "configmaps", shortNames: ["cm"], namespaced: true,
            schema: KubernetesSchemas.configMap, protobuf: KubernetesProtobuf.numbering)
    }

    static var deployments: ResourceDescription {
        ResourceDescription(
            kind: GroupVersionKind(group: "apps", version: "v1", kind: "Deployment"), plural: "deployments", shortNames: ["deploy"],
            categories: ["all"], namespaced: true, schema: KubernetesSchemas.deployment,
            protobuf: KubernetesProtobuf.numbering, defaults: { DeploymentDefaults.apply(&$0) })
    }
}

extension Namespace {
    /// A namespace has a label with its name, so that selectors can name it.
    ///
    /// Source of the rule: upstream's defaulting functions of core/v1.
    static func applyDefaults(_ namespace: inout JSONValue) {
        guard let name = namespace["metadata"]?["name"]?.stringValue, !name.isEmpty else { return }
        var labels = namespace["metadata"]?["labels"] ?? [:]
        labels[nameLabel] = .string(name)
        namespace["metadata"]?["labels"] = labels
    }

    /// The metadata's attributes and the phase.
    static let attributes: SelectionPredicate.AttributesFunction = { object in
        var attributes = try SelectionPredicate.metadataAttributes(object)
        attributes.fields["status.phase"] = try object.value()["status"]?["phase"]?.stringValue ?? ""
        return attributes
    }
}
