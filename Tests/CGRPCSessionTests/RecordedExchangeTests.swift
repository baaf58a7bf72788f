//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCSession
import CGRPCSessionTestSupport
import Testing

@Suite("A recorded exchange")
struct RecordedExchangeTests {
    let bytes: [UInt8]
    let whole: String

    init() throws {
        var length = 0
        let record = try #require(exchange_record(&length))
        bytes = Array(UnsafeBufferPointer(start: record, count: length))
        record.deallocate()
        whole = Self.replay(bytes)
    }

    static func replay(_ bytes: [UInt8], cuts: [Int] = [], single: Bool = false) -> String {
        var transcript = [CChar](repeating: 0, count: 16384)
        exchange_replay(bytes, bytes.count, cuts, cuts.count, single, &transcript, transcript.count)
        return String(decoding: transcript.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    @Test("Every call of it ends as the server said")
    func ends() {
        let lines = whole.split(separator: "\n").map(String.init)
        let expected = [
            "1 headers [x-first=one]",
            "1 ended 0 sent http=200 reset=0 \"\" [x-last=two]",
            "2 ended 5 sent http=200 reset=0 \"no such lease % é\"",
            "3 ended 0 sent http=200 reset=0 \"\"",
            "4 ended 14 sent refused http=0 reset=7 \"the server reset the stream: REFUSED_STREAM\"",
            "6 ended 14 sent http=200 reset=0 \"bye\"",
            "7 ended 1 sent http=200 reset=8 \"the server reset the stream: CANCEL\"",
            "8 ended 14 sent refused http=0 reset=0 \"the server did not take the stream: REFUSED_STREAM\"",
            "goaway 2147483647 code=0 \"graceful_stop\"",
            "goaway 13 code=11 \"too_many_pings\"",
        ]
        for line in expected { #expect(lines.contains(line), "missing: \(line)") }
        #expect(lines.contains { $0.hasPrefix("5 ended 12 sent http=404") })
        #expect(lines.count { $0.hasPrefix("6 message") } == 13)
        #expect(lines.filter { $0.hasPrefix("1 part") }.map { $0.split(separator: " ").last } == ["236", "172", "108", "44"])
        #expect(lines.contains { $0.hasPrefix("1 message 44 ") })
        #expect(lines.last == "failed \"the connection was closed\"")
    }

    @Test("It gives the same events when cut in two at any offset")
    func everyCut() {
        for offset in 0...bytes.count {
            let cut = Self.replay(bytes, cuts: [offset])
            if cut != whole { Issue.record("cut at \(offset) gives other events:\n\(cut)") }
        }
    }

    @Test("It gives the same events byte by byte")
    func singleBytes() {
        #expect(Self.replay(bytes, single: true) == whole)
    }

    @Test("A connection that breaks at any offset ends every call once")
    func everyBreak() {
        for offset in 0..<bytes.count {
            let lines = Self.replay(Array(bytes[..<offset])).split(separator: "\n")
            let ended = lines.filter { $0.contains(" ended ") }.map { $0.prefix(1) }
            if ended.sorted() != ["1", "2", "3", "4", "5", "6", "7", "8"] { Issue.record("broken at \(offset): \(ended) ended") }
        }
    }

    @Test("Whichever allocation fails, all memory is given back")
    func failingAllocations() {
        var reached = true
        var failing = 1
        while reached {
            #expect(exchange_replay_failing(bytes, bytes.count, failing, &reached) == 0, "allocation \(failing) fails")
            failing += 1
        }
        #expect(failing > 50)
    }
}
