//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
public import Registry

/// Finds out who asks.
public protocol Authenticator: Sendable {
    /// The user behind a request; nil when the request proves nobody.
    func authenticate(_ headers: HTTPHeaders) async -> UserInfo?
}

/// Knows users by bearer tokens that are fixed when the server starts.
///
/// Every token is compared in a time that depends on its length alone, so that timing tells nothing about it.
public struct StaticTokenAuthenticator: Authenticator {
    private let users: [(token: [UInt8], user: UserInfo)]

    /// Users by token. An empty token belongs to nobody.
    public init(users: [String: UserInfo]) {
        self.users = users.filter { !$0.key.isEmpty }.map { (Array($0.key.utf8), $0.value) }
    }

    /// One administrator behind any of the tokens: a member of `system:masters`.
    public init(administratorTokens: [String]) {
        let administrator = UserInfo(name: "keelson:administrator", groups: ["system:masters"])
        self.init(users: Dictionary(administratorTokens.map { ($0, administrator) }) { first, _ in first })
    }

    /// The user of the bearer token in `Authorization`.
    public func authenticate(_ headers: HTTPHeaders) async -> UserInfo? {
        guard let authorization = headers["Authorization"] else { return nil }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].isEqualIgnoringCase("Bearer") else { return nil }
        let given = Array(parts[1].trimmed.utf8)
        var found: UserInfo?
        for (token, user) in users where Self.areEqual(token, given) { found = found ?? user }
        guard var user = found else { return nil }
        user.groups.append("system:authenticated")
        return user
    }

    private static func areEqual(_ secret: [UInt8], _ given: [UInt8]) -> Bool {
        guard secret.count == given.count else { return false }
        var difference: UInt8 = 0
        for index in secret.indices { difference |= secret[index] ^ given[index] }
        return difference == 0
    }
}
