//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import GRPCTransport

/// A user.
public struct AuthUserGetResponse: Sendable, Hashable {
    /// Who answered.
    public var header: ResponseHeader
    /// The names of its roles.
    public var roles: [String]

    /// An answer.
    public init(header: ResponseHeader = .init(), roles: [String] = []) {
        self.header = header
        self.roles = roles
    }
}

/// The users of a cluster.
public struct AuthUserListResponse: Sendable, Hashable {
    /// Who answered.
    public var header: ResponseHeader
    /// Their names.
    public var users: [String]

    /// An answer.
    public init(header: ResponseHeader = .init(), users: [String] = []) {
        self.header = header
        self.users = users
    }
}

/// How a user proves who it is.
public enum UserCredential: Sendable, Hashable {
    /// By a password, which the server keeps as a bcrypt hash only.
    case password(String)
    /// By a client certificate whose common name is the user's, with servers started with `--client-cert-auth`. It can't log in by a password. Since
    /// etcd 3.4; older ones take it for an empty password, and refuse.
    case certificateOnly
}

extension UserCredential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// What kind it is, without the secret.
    public var description: String {
        switch self {
        case .password: "a password"
        case .certificateOnly: "a certificate only"
        }
    }

    /// What kind it is, without the secret.
    public var debugDescription: String { description }

    /// Empty, so that `dump` and those who print what holds it don't show the secret.
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .enum) }
}

// There's no way to hand a hash to etcd: its `hashedPassword` fields are overwritten by the server that takes the call.

extension EtcdClient {
    /// Adds a user, without roles.
    ///
    /// At most once.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `userAlreadyExists`, `invalidArgument` for an empty name or password, `permissionDenied`, `unavailable`, `unknownOutcome`…
    public func userAdd(_ name: String, _ credential: UserCredential, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        // A server takes an empty name for a missing login.
        if name.isEmpty { throw EtcdError(.invalidArgument, message: "add user \"\": the name is empty") }
        if credential == .password("") {
            throw EtcdError(.invalidArgument, message: "add user \"\(name)\": the password is empty; use .certificateOnly for a user without one")
        }
        let call = Call(method: "/etcdserverpb.Auth/UserAdd", kind: .write, deadline: deadline, operation: { "add user \"\(name)\"" })
        return try await perform(
            call, texts: [name, credential.password], etcdserverpb__auth_user_add_request__init, etcdserverpb__auth_user_add_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in
                request.pointee.name = try arena.text(name)
                request.pointee.password = try arena.text(credential.password)
                request.pointee.options = try arena.make(authpb__user_add_options__init)
                request.pointee.options.pointee.no_password = credential == .certificateOnly ? 1 : 0
            },
            read: { _ in })
    }

    /// Names a user's roles.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: `userNotFound`; `permissionDenied`, since other users than root see only themselves; `unavailable`…
    public func userGet(_ name: String, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> AuthUserGetResponse {
        let call = Call(method: "/etcdserverpb.Auth/UserGet", kind: .repeatable, deadline: deadline, operation: { "get user \"\(name)\"" })
        return try await perform(
            call, texts: [name], etcdserverpb__auth_user_get_request__init, etcdserverpb__auth_user_get_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in request.pointee.name = try arena.text(name) },
            read: { AuthUserGetResponse(header: ResponseHeader($0.header), roles: .init($0.roles, count: $0.n_roles)) })
    }

    /// Names the users.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: `permissionDenied`, `unavailable`…
    public func userList(deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> AuthUserListResponse {
        let call = Call(method: "/etcdserverpb.Auth/UserList", kind: .repeatable, deadline: deadline, operation: { "list users" })
        return try await perform(
            call, etcdserverpb__auth_user_list_request__init, etcdserverpb__auth_user_list_response__unpack,
            read: { AuthUserListResponse(header: ResponseHeader($0.header), users: .init($0.users, count: $0.n_users)) })
    }

    /// Deletes a user. At most once.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `userNotFound`; `invalidArgument` for root while authentication is enabled; `permissionDenied`, `unavailable`, `unknownOutcome`…
    public func userDelete(_ name: String, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        let call = Call(method: "/etcdserverpb.Auth/UserDelete", kind: .write, deadline: deadline, operation: { "delete user \"\(name)\"" })
        try await perform(
            call, texts: [name], etcdserverpb__auth_user_delete_request__init, etcdserverpb__auth_user_delete_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in request.pointee.name = try arena.text(name) }, read: { _ in })
    }

    /// Gives a user another password. The tokens that it has are no longer valid. At most once.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `userNotFound`, `permissionDenied`, `unavailable`, `unknownOutcome`…
    public func userChangePassword(_ name: String, password: String, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        let call = Call(
            method: "/etcdserverpb.Auth/UserChangePassword", kind: .write, deadline: deadline, operation: { "change password of user \"\(name)\"" })
        try await perform(
            call, texts: [name, password], etcdserverpb__auth_user_change_password_request__init,
            etcdserverpb__auth_user_change_password_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in
                request.pointee.name = try arena.text(name)
                request.pointee.password = try arena.text(password)
            },
            read: { _ in })
    }

    /// Gives a user a role; one that it has already is no error. At most once.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `userNotFound`, `roleNotFound`, `permissionDenied`, `unavailable`, `unknownOutcome`…
    public func userGrantRole(_ name: String, role: String, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        let call = Call(
            method: "/etcdserverpb.Auth/UserGrantRole", kind: .write, deadline: deadline,
            operation: { "grant role \"\(role)\" to user \"\(name)\"" })
        try await perform(
            call, texts: [name, role], etcdserverpb__auth_user_grant_role_request__init, etcdserverpb__auth_user_grant_role_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in
                request.pointee.user = try arena.text(name)
                request.pointee.role = try arena.text(role)
            },
            read: { _ in })
    }

    /// Takes a role from a user. At most once.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `userNotFound`, `roleNotGranted`; `invalidArgument` for root's own while authentication is enabled; `unavailable`, `unknownOutcome`…
    public func userRevokeRole(_ name: String, role: String, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        let call = Call(
            method: "/etcdserverpb.Auth/UserRevokeRole", kind: .write, deadline: deadline,
            operation: { "revoke role \"\(role)\" from user \"\(name)\"" })
        try await perform(
            call, texts: [name, role], etcdserverpb__auth_user_revoke_role_request__init, etcdserverpb__auth_user_revoke_role_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in
                request.pointee.name = try arena.text(name)
                request.pointee.role = try arena.text(role)
            },
            read: { _ in })
    }
}

extension UserCredential {
    fileprivate var password: String {
        switch self {
        case .password(let password): password
        case .certificateOnly: ""
        }
    }
}
