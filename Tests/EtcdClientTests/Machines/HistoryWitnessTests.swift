//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Logging
import Testing

@testable import EtcdClient

@Suite("Whether the store is still the one that it was")
struct HistoryWitnessTests {
    private let call = EtcdClient.Call(method: "/etcdserverpb.KV/Range", kind: .repeatable, operation: { "range \"k\"" })
    private let write = EtcdClient.Call(method: "/etcdserverpb.KV/Put", kind: .write, operation: { "put \"k\"" })

    private func witness(guards: Bool = false) -> HistoryWitness { HistoryWitness(guards: guards, logger: Logger(label: "test"), observer: nil) }
    private func header(_ revision: Int64, cluster: UInt64 = 7) -> ResponseHeader {
        ResponseHeader(clusterID: cluster, memberID: 1, revision: revision)
    }

    @Test("Answers of growing, equal and unordered revisions are of one store")
    func usual() throws {
        let witness = witness()
        let early = try witness.floor(call, isLinearizable: true)
        for revision in [5, 6, 6, 9] as [Int64] {
            try witness.see(header(revision), try witness.floor(call, isLinearizable: true), call)
        }
        // Asked for before the others were answered.
        try witness.see(header(6), early, call)
        // May be answered from the past.
        try witness.see(header(2), try witness.floor(call, isLinearizable: false), call)
        // Some servers say nothing of themselves.
        try witness.see(ResponseHeader(), try witness.floor(call, isLinearizable: true), call)
        #expect(witness.lossCount == 0)
    }

    @Test("Another cluster, or a revision that goes back, is another store; it is found once")
    func replaced() throws {
        let witness = witness()
        try witness.see(header(9), try witness.floor(call, isLinearizable: true), call)
        let concurrent = try witness.floor(call, isLinearizable: true)
        try witness.see(header(4), try witness.floor(call, isLinearizable: true), call)
        try witness.see(header(4), concurrent, call)
        #expect(witness.lossCount == 1)
        try witness.see(header(5), try witness.floor(call, isLinearizable: true), call)
        #expect(witness.lossCount == 1)
        try witness.see(header(50, cluster: 8), try witness.floor(call, isLinearizable: true), call)
        try witness.see(header(51, cluster: 8), try witness.floor(call, isLinearizable: true), call)
        #expect(witness.lossCount == 2)
    }

    @Test("A guard fails the call that finds it, and every later one before it's sent")
    func guarded() throws {
        let witness = witness(guards: true)
        try witness.see(header(9), try witness.floor(write, isLinearizable: true), write)
        let floor = try witness.floor(write, isLinearizable: true)
        let found = #expect(throws: EtcdError.self) { try witness.see(header(4), floor, write) }
        #expect(found?.code == .historyLost && found?.outcome == .unknown)
        let later = #expect(throws: EtcdError.self) { _ = try witness.floor(write, isLinearizable: true) }
        #expect(later?.code == .historyLost && later?.outcome == .notDone)
        #expect(later?.message.contains("revision 4") == true && later?.message.contains("put \"k\"") == true)
    }
}
