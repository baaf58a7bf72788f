//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import Testing

@Suite("Users and roles, on a real etcd")
struct UsersAndRolesTests {
    @Test("Users come, get and lose roles, and go")
    func users() async throws {
        try await withOwnCluster { client, cluster in
            #expect(try await client.userList().users.isEmpty)
            try await client.userAdd("alice", .password("secret"))
            try await client.userAdd("cert", .certificateOnly)
            try await client.roleAdd("reader")
            try await client.userGrantRole("alice", role: "reader")
            try await client.userGrantRole("alice", role: "reader")
            #expect(try await client.userList().users.sorted() == ["alice", "cert"])
            #expect(try await client.userGet("alice").roles == ["reader"])
            #expect(try await cluster.etcdctl(["user", "get", "alice"]).contains("Roles: reader"))
            try await client.userRevokeRole("alice", role: "reader")
            #expect(try await client.userGet("alice").roles == [])
            try await client.userChangePassword("alice", password: "other")
            try await client.userDelete("alice")
            #expect(try await client.userList().users == ["cert"])
        }
    }

    @Test("A role's permissions are those that were granted, for keys, prefixes and everything")
    func roles() async throws {
        try await withOwnCluster { client, cluster in
            try await client.roleAdd("role")
            let permissions = [
                Permission(.read, .key("a")), Permission(.write, .prefix("b/")), Permission(.readWrite, .from("x")),
            ]
            for permission in permissions { try await client.roleGrantPermission("role", permission) }
            #expect(Set(try await client.roleGet("role").permissions) == Set(permissions))
            let told = try await cluster.etcdctl(["role", "get", "role"])
            #expect(told.contains("[b/, b0) (prefix b/)"), "\(told)")
            // Granted anew for the same keys it takes the place of what was.
            try await client.roleGrantPermission("role", Permission(.readWrite, .key("a")))
            #expect(try await client.roleGet("role").permissions.contains(Permission(.readWrite, .key("a"))))
            try await client.roleRevokePermission("role", .prefix("b/"))
            #expect(Set(try await client.roleGet("role").permissions.map(\.range)) == [.key("a"), .from("x")])
            try await client.roleGrantPermission("role", Permission(.read, .all))
            #expect(try await client.roleGet("role").permissions.map(\.range).contains(.all))
            #expect(try await client.roleList().roles == ["role"])
            try await client.roleDelete("role")
            #expect(try await client.roleList().roles.isEmpty)
        }
    }

    @Test("Refusals are typed and name who they are about")
    func refusals() async throws {
        try await withOwnCluster { client, _ async throws in
            try await client.userAdd("alice", .password("secret"))
            try await client.roleAdd("role")
            let cases: [(EtcdError.Code, @Sendable () async throws -> Void)] = [
                (.userAlreadyExists, { try await client.userAdd("alice", .password("secret")) }),
                (.userNotFound, { _ = try await client.userGet("nobody") }),
                (.userNotFound, { try await client.userDelete("nobody") }),
                (.userNotFound, { try await client.userChangePassword("nobody", password: "x") }),
                (.userNotFound, { try await client.userGrantRole("nobody", role: "role") }),
                (.roleNotFound, { try await client.userGrantRole("alice", role: "nothing") }),
                (.roleNotGranted, { try await client.userRevokeRole("alice", role: "role") }),
                (.invalidArgument, { try await client.userAdd("", .password("x")) }),
                (.invalidArgument, { try await client.userAdd("bob", .password("")) }),
                (.invalidArgument, { try await client.userAdd("root\0x", .password("x")) }),
                (.roleAlreadyExists, { try await client.roleAdd("role") }),
                (.roleNotFound, { _ = try await client.roleGet("nothing") }),
                (.roleNotFound, { try await client.roleDelete("nothing") }),
                (.roleNotFound, { try await client.roleGrantPermission("nothing", Permission(.read, .key("a"))) }),
                (.permissionNotGranted, { try await client.roleRevokePermission("role", .key("a")) }),
                (.invalidArgument, { try await client.roleAdd("") }),
                (.failedPrecondition, { try await client.authEnable() }),
                (.authenticationNotEnabled, { _ = try await client.authenticate(name: "alice", password: "secret") }),
            ]
            for (index, (code, call)) in cases.enumerated() {
                let error = await failure(call)
                #expect(error?.code == code, "case \(index): \(String(describing: error))")
                #expect(error?.outcome == .notDone, "case \(index)")
            }
            #expect(try await client.userList().users == ["alice"])
        }
    }

    @Test("Once authentication is enabled, users are asked for, and prove themselves by their passwords")
    func enable() async throws {
        try await withOwnCluster { client, cluster async throws in
            let before = try await client.authStatus()
            #expect(!before.isEnabled)
            try await client.userAdd("root", .password("root"))
            try await client.roleAdd("root")
            try await client.userGrantRole("root", role: "root")
            #expect(try await client.authStatus().authRevision > before.authRevision)
            try await client.authEnable()

            #expect(await failure { _ = try await client.userList() }?.code == .unauthenticated)
            #expect(try await cluster.etcdctl(["--user=root:root", "user", "list"]) == "root\n")
            #expect(try await !client.authenticate(name: "root", password: "root").isEmpty)
            let wrong = await failure { _ = try await client.authenticate(name: "root", password: "guess") }
            #expect(wrong?.code == .authenticationFailed)
            #expect(wrong?.message.contains("guess") == false, "a password is nobody's business")
            try await cluster.etcdctl(["--user=root:root", "auth", "disable"])
            #expect(try await client.authStatus().isEnabled == false)
        }
    }
}
