//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Storage

/// Where in etcd one resource lives, and how.
public struct EtcdStorageConfiguration: Sendable {
    /// Where everything lives: `/registry`, unless the cluster was set up differently.
    public var pathPrefix: String
    /// Where this resource lives below that, such as `/deployments`. Starts with a slash; ``KeySpace`` has the rule.
    public var resourcePrefix: String
    /// The resource, for messages and metrics.
    public var groupResource: GroupResource
    /// Encryption at rest.
    public var transformer: any ValueTransformer
    /// The most keys that are asked for at once. It bounds how much an answer, and a step of a watch's initial state, takes in memory; the whole
    /// list is of one revision regardless.
    ///
    /// With nil a list without a limit, and a watch's initial state, come as a stream where etcd has them, which is since 3.7, and everything else in
    /// pages of ten thousand.
    public var listPageSize: Int?
    /// How long one page of a list may take. Longer than etcd's other reads may, because a page may be many megabytes. A stream's parts are small, and
    /// each comes within the client's `readTimeout`.
    public var listPageTimeout: Duration
    /// How short-lived objects share leases.
    public var leases: LeasePolicy
    /// Operations that take at least so long are logged, with where the time went; nil for none. Half a second, as upstream has it.
    public var slowOperationThreshold: Duration?
    /// ``EtcdStorage/statistics()`` also tells how large objects are on average, from what has been seen of them. Costs some hundred bytes of memory
    /// an object, and makes the statistics read all keys.
    public var estimatesObjectSizes: Bool

    /// A configuration.
    public init(
        pathPrefix: String = "/registry", resourcePrefix: String, groupResource: GroupResource,
        transformer: any ValueTransformer = IdentityTransformer(), listPageSize: Int? = nil,
        listPageTimeout: Duration = .seconds(30), leases: LeasePolicy = LeasePolicy(), slowOperationThreshold: Duration? = .milliseconds(500),
        estimatesObjectSizes: Bool = false
    ) {
        self.pathPrefix = pathPrefix
        self.resourcePrefix = resourcePrefix
        self.groupResource = groupResource
        self.transformer = transformer
        self.listPageSize = listPageSize
        self.listPageTimeout = listPageTimeout
        self.leases = leases
        self.slowOperationThreshold = slowOperationThreshold
        self.estimatesObjectSizes = estimatesObjectSizes
    }

    /// The size of pages where the caller doesn't say.
    var pageSize: Int { listPageSize ?? PageSize.maximum }
}
