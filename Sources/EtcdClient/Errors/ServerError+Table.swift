//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension ServerError {
    // etcd's words, which are its protocol as much as its messages are.
    static let table: [String: ServerError] = {
        var table: [String: ServerError] = [:]
        for (texts, error) in groups {
            for text in texts { table["etcdserver: " + text] = error }
        }
        // Watches and elections say some of them without the server's name.
        for (texts, error) in bare {
            for text in texts { table[text] = error }
        }
        return table
    }()

    private static let groups: [([String], ServerError)] = [
        (["mvcc: required revision has been compacted"], .init(.compacted, .refused)),
        (["mvcc: required revision is a future revision"], .init(.futureRevision, .refusedForNow)),
        // Said before anything happened, and of what was applied in spite of the quota (etcd: server/etcdserver/apply/quota.go).
        (["mvcc: database space exceeded"], .init(.noSpace, .uncertain)),
        (["too many requests"], .init(.tooManyRequests, .refusedForNow)),
        (["request is too large"], .init(.requestTooLarge, .refused)),
        (["too many operations in txn request"], .init(.tooManyOperations, .refused)),
        (["duplicate key given in txn request"], .init(.duplicateKey, .refused)),
        (["key not found"], .init(.keyNotFound, .refused)),
        (
            [
                "key is not provided", "value is provided", "lease is provided", "invalid sort option", "invalid client api version",
                "given member URLs are invalid", "role name is empty", "permission not given", "invalid auth management",
                "wrong downgrade target version format", "invalid downgrade target version",
            ], .init(.invalidArgument, .refused)
        ),
        (["requested lease not found"], .init(.leaseNotFound, .refused)),
        (["lease already exists"], .init(.leaseAlreadyExists, .refused)),
        (["too large lease TTL"], .init(.leaseTTLTooLarge, .refused)),
        (["member not found"], .init(.memberNotFound, .refused)),
        // Said of changes of members only, before they are proposed, for some seconds after the last one.
        (["unhealthy cluster"], .init(.unavailable, .refusedForNow)),
        (["member ID already exist", "Peer URLs already exists"], .init(.memberAlreadyExists, .refused)),
        (["can only promote a learner member which is in sync with leader"], .init(.learnerNotReady, .refused)),
        (["not leader"], .init(.notLeader, .refused)),
        (["user name not found"], .init(.userNotFound, .refused)),
        (["user name already exists"], .init(.userAlreadyExists, .refused)),
        (["role name not found"], .init(.roleNotFound, .refused)),
        (["role name already exists"], .init(.roleAlreadyExists, .refused)),
        (["role is not granted to the user"], .init(.roleNotGranted, .refused)),
        (["permission is not granted to the role"], .init(.permissionNotGranted, .refused)),
        (
            [
                "re-configuration failed due to not enough started members", "can only promote a learner member",
                "too many learner members in cluster", "cluster ID mismatch", "root user does not exist", "root user does not have root role",
                "bad leader transferee", "cluster version not found during downgrade", "cluster has a downgrade job in progress",
                "no inflight downgrade job",
            ], .init(.failedPrecondition, .refused)
        ),
        (["authentication is not enabled"], .init(.authenticationNotEnabled, .refused)),
        (["rpc not supported for learner"], .init(.learner, .refusedForNow)),
        (["not capable"], .init(.notCapable, .refusedForNow)),
        (["no leader"], .init(.noLeader, .refusedForNow)),
        (["permission denied"], .init(.permissionDenied, .refused)),
        (["authentication failed, invalid user ID or password"], .init(.authenticationFailed, .refused)),
        (["invalid auth token", "revision of auth store is old", "user name is empty"], .init(.unauthenticated, .refused)),
        (["corrupt cluster"], .init(.corrupt, .refused)),
        (
            [
                "leader changed", "server stopped", "request timed out", "request timed out, possibly due to previous leader failure",
                "request timed out, possibly due to connection lost", "request timed out, waiting for the applied index took too long",
            ], .init(.unavailable, .uncertain)
        ),
        (["watch canceled"], .init(.watchCanceled, .uncertain)),
    ]

    private static let bare: [([String], ServerError)] = [
        (["mvcc: required revision has been compacted"], .init(.compacted, .refused)),
        (["mvcc: required revision is a future revision"], .init(.futureRevision, .refusedForNow)),
        (["election: no leader"], .init(.electionNoLeader, .refused)),
        (["election: not leader"], .init(.electionNotLeader, .refused)),
        (["mvcc: watcher range is empty"], .init(.invalidArgument, .refused)),
        (["mvcc: duplicate watch ID provided on the WatchStream"], .init(.invalidArgument, .refused)),
    ]

    // gRPC's own words in Go, with numbers behind them. The first comes before the request was looked at, the second when it was done.
    static let prefixes: [(prefix: String, error: ServerError)] = [
        ("grpc: received message larger than max", .init(.requestTooLarge, .refused)),
        ("grpc: trying to send message larger than max", .init(.responseTooLarge, .uncertain)),
        ("trying to send message larger than max", .init(.responseTooLarge, .uncertain)),
    ]
}
