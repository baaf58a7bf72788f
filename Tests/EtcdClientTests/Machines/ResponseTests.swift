//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import Testing

/// What a program needs that tests its own code without etcd. The module is imported as others import it.
@Suite("Answers that programs make themselves")
struct ResponseTests {
    private let header = ResponseHeader(clusterID: 1, memberID: 2, revision: 3, raftTerm: 4)

    @Test("Answers about leases, locks and elections")
    func concurrency() {
        let grant = LeaseGrantResponse(header: header, id: 7, ttl: 60)
        #expect(grant.header == header && grant.id == 7 && grant.ttl == 60)
        let renewal = LeaseKeepAliveResponse(id: 7, ttl: 59)
        #expect(renewal.header == ResponseHeader() && renewal.id == 7 && renewal.ttl == 59)
        let left = LeaseTimeToLiveResponse(id: 7, ttl: 30, grantedTTL: 60, keys: [[1]])
        #expect(left.id == 7 && left.ttl == 30 && left.grantedTTL == 60 && left.keys == [[1]])
        #expect(LeaseTimeToLiveResponse(id: 7, ttl: -1) == LeaseTimeToLiveResponse(header: .init(), id: 7, ttl: -1, grantedTTL: 0, keys: []))
        #expect(LeaseLeasesResponse(leases: [7]).leases == [7])
        #expect(LockResponse(header: header, key: [1]).key == [1])
        let leader = LeaderKey(name: [1], key: [2], revision: 3, lease: 4)
        #expect(CampaignResponse(leader: leader).leader == leader)
    }

    @Test("Answers about members")
    func cluster() {
        let member = Member(id: 2, name: "a")
        #expect(MemberListResponse(header: header, members: [member]).members == [member])
        let added = MemberAddResponse(member: member, members: [member])
        #expect(added.member == member && added.members == [member])
        let alarm = AlarmMember(memberID: 2, alarm: .noSpace)
        #expect(AlarmResponse(alarms: [alarm]).alarms == [alarm])
        #expect(HashResponse(hash: 5).hash == 5)
        let hash = HashKVResponse(hash: 5, compactRevision: 6, hashRevision: 7)
        #expect(hash.hash == 5 && hash.compactRevision == 6 && hash.hashRevision == 7)
        let status = StatusResponse(
            header: header, version: "3.6.0", dbSize: 10, dbSizeInUse: 9, dbSizeQuota: 20, leader: 2, raftIndex: 8, raftTerm: 4,
            raftAppliedIndex: 7, errors: ["e"], isLearner: true, storageVersion: "3.6.0", downgrade: .init(isEnabled: true, targetVersion: "3.5.0"))
        #expect(status.isLeader && !StatusResponse(header: header).isLeader)
        #expect((status.dbSize, status.dbSizeInUse, status.dbSizeQuota) == (10, 9, 20))
        #expect((status.raftIndex, status.raftTerm, status.raftAppliedIndex) == (8, 4, 7))
        #expect(status.version == "3.6.0" && status.storageVersion == "3.6.0" && status.errors == ["e"] && status.isLearner)
        #expect(status.downgrade?.isEnabled == true && status.downgrade?.targetVersion == "3.5.0")
    }

    @Test("Answers about users and roles")
    func auth() {
        let status = AuthStatusResponse(header: header, isEnabled: true, authRevision: 5)
        #expect(status.header == header && status.isEnabled && status.authRevision == 5)
        let permission = Permission(.read, .key("a"))
        #expect(AuthRoleGetResponse(permissions: [permission]).permissions == [permission])
        #expect(AuthRoleListResponse(roles: ["r"]).roles == ["r"])
        #expect(AuthUserGetResponse(roles: ["r"]).roles == ["r"])
        #expect(AuthUserListResponse(users: ["u"]).users == ["u"])
    }
}
