//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import GRPCTransport
import HistoryTesting
import Testing

extension Scenario.Round {
    /// The member that has most of the client's connections.
    var busiest: Int {
        cluster.proxies.indices.max { cluster.proxies[$0].statistics.open < cluster.proxies[$1].statistics.open } ?? 0
    }

    func index(of member: EtcdMember) -> Int { cluster.members.firstIndex { $0 === member } ?? 0 }

    /// Reads have no reason to fail as long as any member serves, or one does again in time.
    func expectReads(sourceLocation: SourceLocation = #_sourceLocation) {
        let failed = recorder.count { !$0.kind.isWrite && !$0.isDone }
        #expect(failed == 0, "\(recorder.errors.first?.description ?? "")", sourceLocation: sourceLocation)
    }

    /// Nothing has a reason to fail but writes, and these only where what went wrong leaves nobody any wiser: a server that can't tell, as when the
    /// leader changes, or another of these.
    func expectNothingButLostWrites(_ origins: Set<GRPCError.Origin> = [.server], sourceLocation: SourceLocation = #_sourceLocation) {
        let others = recorder.errors.filter { error in error.code != .unknownOutcome || error.underlying.map { !origins.contains($0.origin) } ?? true
        }
        #expect(others.isEmpty, "\(others.first?.description ?? "")", sourceLocation: sourceLocation)
    }

    /// Lets things run for a random while.
    func letRun(_ milliseconds: ClosedRange<Int>) async throws {
        try await Task.sleep(for: .milliseconds(random { Int.random(in: milliseconds, using: &$0) }))
    }
}

extension EtcdClusterOptions {
    /// Three members, clients reaching them through proxies.
    static let proxiedTrio = EtcdClusterOptions(members: 3, proxied: true)
    /// And the members reaching each other through proxies too.
    static let proxiedTrioAndPeers = EtcdClusterOptions(members: 3, proxied: true, proxiedPeers: true)
}
