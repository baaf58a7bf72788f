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
        let action = MemberSync().action(
            members: [
                .init(clientURLs: ["http://a:1", "http://a:2"], isLearner: false), .init(clientURLs: ["http://b:1"], isLearner: true),
                .init(clientURLs: ["http://c:1", "http://a:1"], isLearner: false),
            ], current: try endpoints("http://a:1"))
        #expect(action == .update(try endpoints("http://a:1", "http://a:2", "http://c:1")))
    }

    @Test("The same members in another order change nothing")
    func same() throws {
        let action = MemberSync().action(
            members: [.init(clientURLs: ["http://b:1"], isLearner: false), .init(clientURLs: ["http://a:1"], isLearner: false)],
            current: try endpoints("http://a:1", "http://b:1"))
        #expect(action == .keep)
    }

    @Test("The name that an endpoint's certificate must carry outlives the sync, and the endpoint's absence; other endpoints don't get it")
    func serverNames() throws {
        let named = GRPCEndpoint(scheme: .https, host: "a", port: 1, serverName: "a.test")
        let members: [Member] = [.init(clientURLs: ["https://a:1"], isLearner: false)]
        #expect(MemberSync().action(members: members, current: [named]) == .keep)
        let more = members + [.init(clientURLs: ["https://a:2", "http://a:1", "https://b:1"], isLearner: false)]
        let plain = try endpoints("http://c:1")
        let all = [named] + (try endpoints("https://a:2", "http://a:1", "https://b:1"))
        #expect(MemberSync().action(members: more, current: [named]) == .update(all))
        #expect(MemberSync().action(members: more, current: try endpoints("https://b:1"), given: [named] + plain) == .update(all))
    }

    @Test("A cluster that tells no usable URL is not believed, and says why")
    func unusable() throws {
        let current = try endpoints("http://a:1")
        #expect(MemberSync().action(members: [], current: current) == .ignore(reason: "no member that votes tells a client URL"))
        #expect(MemberSync().action(members: [.init(clientURLs: [], isLearner: false)], current: current) != .keep)
        guard case .ignore(let reason) = MemberSync().action(members: [.init(clientURLs: ["ftp://a"], isLearner: false)], current: current) else {
            Issue.record("believed")
            return
        }
        #expect(reason.contains("ftp"))
    }

    @Test("A client that was given nothing but https follows nobody to a plain endpoint")
    func plain() throws {
        let given = try endpoints("https://a:1")
        let members: [Member] = [.init(clientURLs: ["http://b:1", "unix:///b"], isLearner: false)]
        guard case .ignore(let reason) = MemberSync().action(members: members, current: given, given: given) else {
            Issue.record("followed")
            return
        }
        #expect(reason.contains("http://b:1") && reason.contains("unix:///b"))
        let more = members + [.init(clientURLs: ["https://c:1", "http://c:2"], isLearner: false)]
        #expect(MemberSync().action(members: more, current: given, given: given) == .update(try endpoints("https://c:1")))
        let mixed = given + (try endpoints("http://d:1"))
        #expect(
            MemberSync().action(members: more, current: given, given: mixed)
                == .update(try endpoints("http://b:1", "unix:///b", "https://c:1", "http://c:2")))
    }

    @Test("Members that don't answer where they say are tried beside the endpoints that were given, from then on")
    func unanswered() throws {
        var sync = MemberSync()
        let given = try endpoints("http://service:1")
        let members: [Member] = [.init(clientURLs: ["http://10.0.0.1:1"], isLearner: false)]
        let followed = try endpoints("http://10.0.0.1:1")
        #expect(sync.action(members: members, current: given, given: given) == .update(followed))
        #expect(sync.unanswered(current: followed, given: given) == followed + given)
        #expect(sync.unanswered(current: followed + given, given: given) == nil)
        #expect(sync.action(members: members, current: followed + given, given: given) == .keep)
    }
}
