//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import GRPCTransport

// Source of the rules: etcd's api/v3rpc/auth.go and server/auth/store.go.

/// Whether the cluster asks who its users are.
public struct AuthStatusResponse: Sendable, Hashable {
    /// Who answered.
    public var header: ResponseHeader
    /// Whether it asks.
    public var isEnabled: Bool
    /// Counts the changes of users, roles and rights; a token that was given before the last one may be refused.
    public var authRevision: UInt64

    /// An answer.
    public init(header: ResponseHeader = .init(), isEnabled: Bool = false, authRevision: UInt64 = 0) {
        self.header = header
        self.isEnabled = isEnabled
        self.authRevision = authRevision
    }
}

extension EtcdClient {
    /// Has the cluster ask who its users are. There must be a user `root` with the role `root`. At most once; again it's no error.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `failedPrecondition` without such a user; `unavailable`, `unknownOutcome`, after which it may be repeated…
    public func authEnable(deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        let call = Call(method: "/etcdserverpb.Auth/AuthEnable", kind: .write, deadline: deadline, operation: { "enable authentication" })
        try await perform(call, etcdserverpb__auth_enable_request__init, etcdserverpb__auth_enable_response__unpack, read: { _ in })
    }

    /// Has the cluster serve everybody. At most once; again it's no error.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/writeTimeout``.
    /// - Throws: `permissionDenied` for other users than root; `unavailable`, `unknownOutcome`…
    public func authDisable(deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) {
        let call = Call(method: "/etcdserverpb.Auth/AuthDisable", kind: .write, deadline: deadline, operation: { "disable authentication" })
        try await perform(call, etcdserverpb__auth_disable_request__init, etcdserverpb__auth_disable_response__unpack, read: { _ in })
    }

    /// Tells whether the cluster asks who its users are. Since etcd 3.5; before 3.7 only root may ask when it does.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: `unimplemented` before etcd 3.5; `permissionDenied`, `unavailable`…
    public func authStatus(deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> AuthStatusResponse {
        let call = Call(
            method: "/etcdserverpb.Auth/AuthStatus", kind: .repeatable, deadline: deadline, operation: { "status of authentication" })
        return try await perform(
            call, etcdserverpb__auth_status_request__init, etcdserverpb__auth_status_response__unpack,
            read: { AuthStatusResponse(header: ResponseHeader($0.header), isEnabled: $0.enabled != 0, authRevision: $0.authrevision) })
    }

    /// Exchanges a name and a password for a token. A client that has the name and the password in its configuration does so by itself.
    ///
    /// Repeated like a read: a token that nobody got does no harm.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Returns: what goes into the metadata `token` of each call.
    /// - Throws: `authenticationFailed`, `authenticationNotEnabled`, `unavailable`…
    public func authenticate(name: String, password: String, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> String {
        let call = Call(
            method: "/etcdserverpb.Auth/Authenticate", kind: .repeatable, deadline: deadline, operation: { "authenticate \"\(name)\"" })
        return try await perform(
            call, texts: [name, password], etcdserverpb__authenticate_request__init, etcdserverpb__authenticate_response__unpack,
            fill: { arena, request throws(ArenaExhausted) in
                try arena.fill(request, name: name, password: password)
            },
            read: { String($0.token) })
    }
}

extension EtcdError.Code {
    /// There's no such user.
    public static let userNotFound = Self("user not found")
    /// The name of a user to be added is taken.
    public static let userAlreadyExists = Self("user already exists")
    /// There's no such role.
    public static let roleNotFound = Self("role not found")
    /// The name of a role to be added is taken.
    public static let roleAlreadyExists = Self("role already exists")
    /// The user doesn't have the role that is to be taken away.
    public static let roleNotGranted = Self("role not granted")
    /// The role doesn't have the permission that is to be taken away.
    public static let permissionNotGranted = Self("permission not granted")
}
