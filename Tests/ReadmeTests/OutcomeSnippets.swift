//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import EtcdTestKit
import Testing

// Article: Marker
/// Pays an order once, however often it has to be sent: the marker keeps the second from having an effect.
func pay(_ order: String, on client: EtcdClient, until deadline: ContinuousClock.Instant) async throws(EtcdError) {
    let marker = "/payments/\(order)"
    let payment = Transaction.when(.missing(marker)).then(.put(marker, "1"), .put("/orders/\(order)", "paid"))
    var unknown: EtcdError?
    while true {
        do throws(EtcdError) {
            _ = try await client.transaction(payment)
            return  // it is done: by this attempt, or by one before whose answer was lost
        } catch {
            if error.outcome == .unknown { unknown = error }
            // What failed last says nothing of an attempt before.
            guard error.outcome == .unknown, .now < deadline else { throw unknown ?? error }
        }
    }
}
// Article end

@Suite("Articles: outcomes and retries")
struct OutcomeSnippets {
    @Test("A write whose fate isn't known is settled", .timeLimit(.minutes(2)))
    func settle() async throws {
        try await withClient(configure: { $0.writeTimeout = .seconds(1) }) { client, cluster in
            try await client.put("/config/color", "blue")
            let member = try #require(cluster.members.first)
            member.pause()
            let payment = Task { try await pay("17", on: client, until: .now + .seconds(60)) }
            // What hears nothing for a second doesn't know whether it happened.
            await #expect { try await client.put("/config/color", "red") } throws: { ($0 as? EtcdError)?.outcome == .unknown }
            member.resume()
            try await payment.value
            #expect(try await client.get("/payments/17")?.version == 1)
            #expect(try await client.get("/orders/17")?.valueText == "paid")

            let found = try await client.get("/config/color")
            let (key, value) = (Array("/config/color".utf8), Array("green".utf8))
            // Article: Settle
            switch try await client.settlingPut(key, value, ifModRevision: found?.modRevision ?? 0, deadline: .now + .seconds(30)) {
            case .done(let revision): print("green since revision \(revision)")
            case .notDone(let found): print("somebody else made it \(found?.valueText ?? "none")")
            }
            // Article end
            #expect(try await client.get("/config/color")?.valueText == "green")
        }
    }

    @Test("What an error says")
    func errors() async throws {
        try await withClient { client, _ in
            // Article: Errors
            do throws(EtcdError) {
                try await client.put("/config/color", "blue", options: .init(lease: 4711))
            } catch {
                switch error.outcome {
                case .notDone: print("nothing was written: \(error.code)")
                case .unknown: print("only reading can tell: \(error)")
                }
                #expect(error.code == .leaseNotFound)  // not shown
            }
            // Article end
            let written = try await client.get("/config/color")
            #expect(written == nil)
        }
    }
}
