//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import GRPCTransport

/// What a role may do with some keys.
public struct Permission: Sendable, Hashable {
    /// What can be allowed.
    public enum Kind: Sendable, Hashable, CaseIterable {
        /// To read and watch.
        case read
        /// To write and delete.
        case write
        /// Both.
        case readWrite
    }

    /// What may be done.
    public var kind: Kind
    /// With which keys.
    public var range: KeyRange

    /// A permission.
    public init(_ kind: Kind, _ range: KeyRange) {
        self.kind = kind
        self.range = range
    }
}

/// A role.
public struct AuthRoleGetResponse: Sendable, Hashable {
    /// Who answered.
    public var header: ResponseHeader
    /// What it may do.
    public var permissions: [Permission]

    /// An answer.
    public init(header: ResponseHeader = .init(), permissions: [Permission] = []) {
        self.header = header
        self.permissions = permissions
    }
}

/// The roles of a cluster.
public struct AuthRoleListResponse: Sendable, Hashable {
    /// Who answered.
    public var header: ResponseHeader
    /// Their names.
    public var roles: [String]

    /// An answer.
    public init(header: ResponseHeader = .init(), roles: [String] = []) {
        self.header = header
        self.roles = roles
    }
}

extension EtcdClient {
    /// Adds a role, without permissions. At most once.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `roleAlreadyExists`, `invalidArgument` for an empty name, `permissionDenied`, `unavailable`, `unknownOutcome`…
    public func roleAdd(_ name: String, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        let call = Call(method: "/etcdserverpb.Auth/RoleAdd", kind: .write, deadline: deadline, operation: { "add role \"\(name)\"" })
        try await perform(
            call, texts: [name], etcdserverpb__auth_role_add_request__init, etcdserverpb__auth_role_add_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in request.pointee.name = try arena.text(name) }, read: { _ in })
    }

    /// Tells a role's permissions.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: `roleNotFound`; `permissionDenied`, since other users than root see only their own roles; `unavailable`…
    public func roleGet(_ name: String, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> AuthRoleGetResponse {
        let call = Call(method: "/etcdserverpb.Auth/RoleGet", kind: .repeatable, deadline: deadline, operation: { "get role \"\(name)\"" })
        return try await perform(
            call, texts: [name], etcdserverpb__auth_role_get_request__init, etcdserverpb__auth_role_get_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in request.pointee.role = try arena.text(name) },
            read: { AuthRoleGetResponse(header: ResponseHeader($0.header), permissions: .init($0.perm, count: $0.n_perm, Permission.init)) })
    }

    /// Names the roles.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: `permissionDenied`, `unavailable`…
    public func roleList(deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> AuthRoleListResponse {
        let call = Call(method: "/etcdserverpb.Auth/RoleList", kind: .repeatable, deadline: deadline, operation: { "list roles" })
        return try await perform(
            call, etcdserverpb__auth_role_list_request__init, etcdserverpb__auth_role_list_response__unpack,
            read: { AuthRoleListResponse(header: ResponseHeader($0.header), roles: .init($0.roles, count: $0.n_roles)) })
    }

    /// Deletes a role, and takes it from all users. At most once.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `roleNotFound`; `invalidArgument` for root while authentication is enabled; `permissionDenied`, `unavailable`, `unknownOutcome`…
    public func roleDelete(_ name: String, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        let call = Call(method: "/etcdserverpb.Auth/RoleDelete", kind: .write, deadline: deadline, operation: { "delete role \"\(name)\"" })
        try await perform(
            call, texts: [name], etcdserverpb__auth_role_delete_request__init, etcdserverpb__auth_role_delete_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in request.pointee.role = try arena.text(name) }, read: { _ in })
    }

    /// Allows a role something, in place of what it was allowed with exactly these keys before. At most once.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `roleNotFound`; `invalidArgument` for a range whose end isn't above its start; `permissionDenied`, `unavailable`, `unknownOutcome`…
    public func roleGrantPermission(
        _ name: String, _ permission: Permission, deadline: ContinuousClock.Instant? = nil
    ) async throws(EtcdError) {
        let call = Call(
            method: "/etcdserverpb.Auth/RoleGrantPermission", kind: .write, deadline: deadline,
            operation: { "allow role \"\(name)\" to \(permission.kind) \(permission.range)" })
        try await perform(
            call, texts: [name], etcdserverpb__auth_role_grant_permission_request__init, etcdserverpb__auth_role_grant_permission_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in
                request.pointee.name = try arena.text(name)
                let message = try arena.make(authpb__permission__init)
                message.pointee.permtype = permission.kind.wire
                message.pointee.key = try arena.binary(permission.range.start)
                message.pointee.range_end = try arena.binary(permission.range.end)
                request.pointee.perm = message
            },
            read: { _ in })
    }

    /// Takes back all that a role is allowed with exactly these keys. At most once.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `roleNotFound`, `permissionNotGranted`, `permissionDenied`, `unavailable`, `unknownOutcome`…
    public func roleRevokePermission(_ name: String, _ range: KeyRange, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        let call = Call(
            method: "/etcdserverpb.Auth/RoleRevokePermission", kind: .write, deadline: deadline,
            operation: { "take \(range) from role \"\(name)\"" })
        try await perform(
            call, texts: [name], etcdserverpb__auth_role_revoke_permission_request__init,
            etcdserverpb__auth_role_revoke_permission_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in
                request.pointee.role = try arena.text(name)
                request.pointee.key = try arena.binary(range.start)
                request.pointee.range_end = try arena.binary(range.end)
            },
            read: { _ in })
    }
}

extension Permission {
    fileprivate init(_ message: Authpb__Permission) {
        let kind: Kind =
            switch message.permtype {
            case AUTHPB__PERMISSION__TYPE__READ: .read
            case AUTHPB__PERMISSION__TYPE__WRITE: .write
            default: .readWrite
            }
        self.init(kind, KeyRange(start: Array(message.key), end: Array(message.range_end)))
    }
}

extension Permission.Kind {
    fileprivate var wire: Authpb__Permission__Type {
        switch self {
        case .read: AUTHPB__PERMISSION__TYPE__READ
        case .write: AUTHPB__PERMISSION__TYPE__WRITE
        case .readWrite: AUTHPB__PERMISSION__TYPE__READWRITE
        }
    }
}
