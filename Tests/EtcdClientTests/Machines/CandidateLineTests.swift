//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import EtcdClient

@Suite("Who leads, as seen by a watch")
struct CandidateLineTests {
    private func kv(_ key: String, _ value: String, made: Int64, wrote: Int64? = nil) -> KeyValue {
        KeyValue(key: bytes(key), value: bytes(value), createRevision: made, modRevision: wrote ?? made, version: 1)
    }
    private func put(_ kv: KeyValue) -> WatchEvent { WatchEvent(type: .put, kv: kv) }
    private func delete(_ key: String, at revision: Int64) -> WatchEvent {
        WatchEvent(type: .delete, kv: KeyValue(key: bytes(key), modRevision: revision))
    }

    @Test("The first to come leads; then who was next; and what a leader says is told")
    func succession() {
        var line = CandidateLine()
        #expect(line.reset([]).isEmpty)
        #expect(line.handle([put(kv("e/b", "1", made: 5))]).map(\.valueText) == ["1"])
        #expect(line.handle([put(kv("e/a", "2", made: 6)), put(kv("e/c", "3", made: 7))]).isEmpty)
        #expect(line.handle([put(kv("e/a", "2b", made: 6, wrote: 8))]).isEmpty, "not the leader")
        #expect(line.handle([put(kv("e/b", "1b", made: 5, wrote: 9))]).map(\.valueText) == ["1b"])
        #expect(line.handle([delete("e/b", at: 10)]).map(\.valueText) == ["2b"])
        #expect(line.handle([delete("e/a", at: 11), delete("e/c", at: 12)]).map(\.valueText) == ["3"])
        #expect(line.handle([put(kv("e/a", "4", made: 13))]).map(\.valueText) == ["4"])
    }

    @Test("What changes at one revision changes at once: nobody leads in between")
    func atOnce() {
        var line = CandidateLine()
        _ = line.reset([kv("e/a", "1", made: 1), kv("e/b", "2", made: 2), kv("e/c", "3", made: 3)])
        #expect(line.handle([delete("e/a", at: 9), delete("e/b", at: 9)]).map(\.valueText) == ["3"])
    }

    @Test("A line that is read anew tells only what changed")
    func anew() {
        var line = CandidateLine()
        #expect(line.reset([kv("e/a", "1", made: 1), kv("e/b", "2", made: 2)]).map(\.valueText) == ["1"])
        #expect(line.reset([kv("e/a", "1", made: 1), kv("e/b", "2", made: 2)]).isEmpty)
        #expect(line.reset([kv("e/b", "2", made: 2)]).map(\.valueText) == ["2"])
    }
}
