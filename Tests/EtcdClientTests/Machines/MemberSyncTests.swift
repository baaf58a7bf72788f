//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import EtcdClient
@testable import GRPCTransport

@Suite("Which endpoints a client has when the members change")
struct MemberSyncTests {
    private func endpoints(_ texts: String...) throws -> [GRPCEndpoint] { try texts.map { try GRPCEndpoint(parsing: $0) } }

    @Test("They are the client URLs of all members but learners, each once")
    func members() throws {
        let action = MemberSync.action(
            members: [
                .init(clientURLs: ["http://a:1", "http://a:2"], isLearner: false), .init(clientURLs: ["http://b:1"], isLearner: true),
                .init(clientURLs: ["http://c:1", "http://a:1"], isLearner: false),
            ], current: try endpoints("http://a:1"))
        #expect(action == .update(try endpoints("http://a:1", "http://a:2", "http://c:1")))
    }

    @Test("The same members in another order change nothing")
    func same() throws {
        let action = MemberSync.action(
            members: [.init(clientURLs: ["http://b:1"], isLearner: false), .init(clientURLs: ["http://a:1"], isLearner: false)],
            current: try endpoints("http://a:1", "http://b:1"))
        #expect(action == .keep)
    }

    @Test("The name that an endpoint's certificate must carry outlives the sync, and the endpoint's absence; other endpoints don't get it")
    func serverNames() throws {
        let named = GRPCEndpoint(scheme: .https, host: "a", port: 1, serverName: "a.test")
        let members: [Member] = [.init(clientURLs: ["https://a:1"], isLearner: false)]
        #expect(MemberSync.action(members: members, current: [named]) == .keep)
        let more = members + [.init(clientURLs: ["https://a:2", "http://a:1", "https://b:1"], isLearner: false)]
        let all = [named] + (try endpoints("https://a:2", "http://a:1", "https://b:1"))
        #expect(MemberSync.action(members: more, current: [named]) == .update(all))
        #expect(MemberSync.action(members: more, current: try endpoints("https://b:1"), configured: [named]) == .update(all))
    }

    @Test("A cluster that tells no usable URL is not believed, and says why")
    func unusable() throws {
        let current = try endpoints("http://a:1")
        #expect(MemberSync.action(members: [], current: current) == .ignore(reason: "no member that votes tells a client URL"))
        #expect(MemberSync.action(members: [.init(clientURLs: [], isLearner: false)], current: current) != .keep)
        guard case .ignore(let reason) = MemberSync.action(members: [.init(clientURLs: ["ftp://a"], isLearner: false)], current: current) else {
            Issue.record("believed")
            return
        }
        #expect(reason.contains("ftp"))
    }
}
