//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Who a client is to a cluster that asks.
///
/// A name and a password are made into a token by the cluster. The token is had anew when the cluster refuses it, never by a timer, so its life
/// doesn't matter to the client. It does to others that a token is handed to: the life of a simple token (`--auth-token-ttl`, five minutes)
/// begins again with each use; that of a JWT ends at the moment written in it, and every change of users or roles ends it before. Streams that are
/// open when a token ends go on.
///
/// etcd: server/auth, clientv3's credentials.
public struct EtcdCredentials: Sendable, CustomStringConvertible, CustomReflectable {
    /// A name and a password.
    public struct User: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
        /// The name.
        public var name: String
        /// The password.
        public var password: String

        /// A name and a password.
        public init(name: String, password: String) {
            self.name = name
            self.password = password
        }

        /// The name alone.
        public var description: String { "user \"\(name)\"" }

        /// The name alone.
        public var customMirror: Mirror { Mirror(self, children: ["name": name], displayStyle: .struct) }
    }

    enum Kind: Sendable {
        case user(User)
        case provider(@Sendable () async throws -> User)
        case token(String)
    }

    let kind: Kind

    /// A name and its password.
    public static func user(_ name: String, password: String) -> EtcdCredentials {
        EtcdCredentials(kind: .user(User(name: name, password: password)))
    }

    /// A name and a password that are asked for before each login, so that they may change.
    ///
    /// Asked by one task at a time. What it throws fails the calls that wait for the login.
    public static func provider(_ provide: @escaping @Sendable () async throws -> User) -> EtcdCredentials {
        EtcdCredentials(kind: .provider(provide))
    }

    /// A token that was made elsewhere: sent as it is, and never replaced. Calls fail with `unauthenticated` once the cluster refuses it.
    public static func token(_ token: String) -> EtcdCredentials { EtcdCredentials(kind: .token(token)) }

    /// Who it is, without the secret.
    public var description: String {
        switch kind {
        case .user(let user): user.description
        case .provider: "a user by a provider"
        case .token: "a token"
        }
    }

    /// Empty, so that `dump` doesn't show the secret.
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
