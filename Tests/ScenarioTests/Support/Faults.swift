//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import HistoryTesting

extension Scenario.Round {
    /// The member that the client has most to do with.
    var busiest: Int {
        cluster.proxies.indices.max { cluster.proxies[$0].statistics.open < cluster.proxies[$1].statistics.open } ?? 0
    }

    func index(of member: EtcdMember) -> Int { cluster.members.firstIndex { $0 === member } ?? 0 }

    /// Lets things run for a random while.
    func letRun(_ milliseconds: ClosedRange<Int>) async throws {
        try await Task.sleep(for: .milliseconds(random { Int.random(in: milliseconds, using: &$0) }))
    }
}

extension EtcdClusterOptions {
    /// Three members, clients reaching them through proxies.
    static let proxiedTrio = EtcdClusterOptions(members: 3, proxied: true)
}
