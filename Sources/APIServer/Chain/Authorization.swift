//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
public import Registry

/// What somebody wants to do, for ``Authorizer``.
public struct AuthorizationAttributes: Sendable, Hashable {
    /// Who.
    public var user: UserInfo
    /// What: `get`, `list`, `create`…; for paths that aren't resources the method in lower case.
    public var verb: String
    /// The namespace; empty for all, and for cluster-scoped resources.
    public var namespace: String
    /// The API group.
    public var group: String
    /// The API version.
    public var version: String
    /// The resource; empty for other paths.
    public var resource: String
    /// The subresource.
    public var subresource: String
    /// The object's name; empty for collections.
    public var name: String
    /// Whether this is about a resource.
    public var isResourceRequest: Bool
    /// The path.
    public var path: String

    /// - Parameter verb: another than the request's own, for what it wants besides.
    init(_ request: APIRequest, verb: String? = nil) {
        user = request.user
        self.verb = verb ?? request.info.verb
        namespace = request.info.namespace
        group = request.info.groupVersion.group
        version = request.info.groupVersion.version
        resource = request.info.resource
        subresource = request.info.subresource
        name = request.info.name
        isResourceRequest = request.info.isResourceRequest
        path = request.info.path
    }
}

/// Decides who may do what.
public protocol Authorizer: Sendable {
    /// nil to allow; otherwise why not, in words for the client.
    func denial(of attributes: AuthorizationAttributes) async -> String?
}

/// Lets everybody who is known do everything.
public struct AlwaysAllowAuthorizer: Authorizer {
    /// An authorizer without rules.
    public init() {}

    /// Always nil.
    public func denial(of attributes: AuthorizationAttributes) async -> String? { nil }
}
