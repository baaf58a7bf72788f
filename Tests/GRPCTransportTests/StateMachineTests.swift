//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import GRPCTransport

@Suite("Decisions without I/O")
struct StateMachineTests {
    static let backoff = GRPCTransportConfiguration.Backoff(initial: .seconds(1), multiplier: 2, maximum: .seconds(5), jitter: 0.2)

    @Test("Waits grow by round of attempts up to the maximum")
    func growingWaits() {
        var pacing = ReconnectPacing(backoff: Self.backoff)
        let now = ContinuousClock.now
        var waits: [Duration] = []
        for _ in 0..<6 {
            waits.append(pacing.waitBeforeRound(at: now, random: 0))
            pacing.failed()
        }
        #expect(waits == [.zero, .seconds(1), .seconds(2), .seconds(4), .seconds(5), .seconds(5)])
    }

    @Test("Jitter makes a wait longer or shorter by its share", arguments: [(-1.0, 0.8), (0, 1), (1, 1.2)])
    func jitter(random: Double, seconds: Double) {
        var pacing = ReconnectPacing(backoff: Self.backoff)
        pacing.failed()
        let wait = pacing.waitBeforeRound(at: .now, random: random)
        #expect(abs((wait / .seconds(1)) - seconds) < 0.000_001)
    }

    @Test("A backoff that makes no sense still waits, and no longer than it says")
    func senselessBackoff() {
        var pacing = ReconnectPacing(backoff: .init(initial: .zero, multiplier: -1, maximum: .seconds(-1), jitter: 7))
        var waits: [Duration] = []
        for random in [0, 0, 0, 1] as [Double] {
            pacing.failed()
            waits.append(pacing.waitBeforeRound(at: .now, random: random))
        }
        #expect(waits == [.milliseconds(1), .milliseconds(1), .milliseconds(1), .milliseconds(2)])
    }

    @Test("Files are looked at once a second at most", arguments: [(0, 1000), (-5, 1000), (999, 1000), (1001, 1001), (nil, nil)] as [(Int?, Int?)])
    func reloadPeriod(given: Int?, expected: Int?) {
        var tls = GRPCTLSConfiguration()
        #expect(tls.reloadPeriod == .seconds(30))
        tls.reloadInterval = given.map { .milliseconds($0) }
        #expect(tls.reloadPeriod == expected.map { .milliseconds($0) })
    }

    @Test("A connection that lived is replaced at once, one that broke at once counts as a failed round", arguments: [(2, 0), (0, 2)])
    func lives(life: Int, wait: Int) {
        var pacing = ReconnectPacing(backoff: Self.backoff)
        let now = ContinuousClock.now
        pacing.failed()
        pacing.connected(at: now)
        #expect(pacing.waitBeforeRound(at: now + .seconds(life), random: 0) == .seconds(wait))
        #expect(pacing.waitBeforeRound(at: now + .seconds(life), random: 0) == .seconds(wait))
    }

    @Test("A silent connection with calls is pinged, and dead without an answer")
    func keepaliveDeath() {
        let start = NIODeadline.uptimeNanoseconds(1)
        var keepalive = Keepalive(interval: .seconds(10), timeout: .seconds(5), now: start)
        #expect(keepalive.timerFired(at: start, hasOpenCalls: true) == .wait(until: start + .seconds(10)))
        keepalive.received(at: start + .seconds(4))
        #expect(keepalive.timerFired(at: start + .seconds(10), hasOpenCalls: true) == .wait(until: start + .seconds(14)))
        #expect(keepalive.timerFired(at: start + .seconds(14), hasOpenCalls: true) == .ping(next: start + .seconds(19)))
        #expect(keepalive.timerFired(at: start + .seconds(18), hasOpenCalls: true) == .wait(until: start + .seconds(19)))
        #expect(keepalive.timerFired(at: start + .seconds(19), hasOpenCalls: true) == .dead)
    }

    @Test("An answered ping starts the silence anew, and no calls mean no pings")
    func keepaliveLife() {
        let start = NIODeadline.uptimeNanoseconds(1)
        var keepalive = Keepalive(interval: .seconds(10), timeout: .seconds(5), now: start)
        #expect(keepalive.timerFired(at: start + .seconds(10), hasOpenCalls: true) == .ping(next: start + .seconds(15)))
        keepalive.received(at: start + .seconds(11))
        #expect(keepalive.timerFired(at: start + .seconds(15), hasOpenCalls: true) == .wait(until: start + .seconds(21)))
        #expect(keepalive.timerFired(at: start + .seconds(21), hasOpenCalls: false) == .rest)
        keepalive.becameActive(at: start + .seconds(100))
        #expect(keepalive.timerFired(at: start + .seconds(100), hasOpenCalls: true) == .wait(until: start + .seconds(110)))
    }

    @Test("Pings are never closer than etcd allows")
    func keepaliveMinimum() {
        let start = NIODeadline.uptimeNanoseconds(1)
        var keepalive = Keepalive(interval: .seconds(1), timeout: .seconds(1), now: start)
        #expect(keepalive.timerFired(at: start + .seconds(1), hasOpenCalls: true) == .wait(until: start + .seconds(5)))
    }

    @Test(
        "An endpoint is read as written",
        arguments: [
            ("http://127.0.0.1:2379", "http://127.0.0.1:2379", "127.0.0.1:2379"), ("etcd.local:1234", "http://etcd.local:1234", "etcd.local:1234"),
            ("https://etcd.local", "https://etcd.local:2379", "etcd.local:2379"), ("HTTPS://h:1/", "https://h:1", "h:1"),
            ("https://[::1]:2379", "https://[::1]:2379", "[::1]:2379"), ("unix:///run/etcd.sock", "unix:///run/etcd.sock", "localhost"),
        ])
    func endpoint(text: String, description: String, authority: String) throws {
        let endpoint = try GRPCEndpoint(parsing: text)
        #expect(endpoint.description == description)
        #expect(endpoint.authority == authority)
        #expect(try GRPCEndpoint(parsing: endpoint.description) == endpoint)
    }

    @Test(
        "A text without a scheme is of the default one",
        arguments: [
            ("h:1", GRPCEndpoint.Scheme.https, "https://h:1"), ("[::1]", .https, "https://[::1]:2379"), ("http://h:1", .https, "http://h:1"),
            ("/run/etcd.sock", .unix, "unix:///run/etcd.sock"),
        ])
    func defaultScheme(text: String, scheme: GRPCEndpoint.Scheme, description: String) throws {
        #expect(try GRPCEndpoint(parsing: text, defaultScheme: scheme).description == description)
    }

    @Test(
        "What goes to another machine in the clear can be read on the way",
        arguments: [
            ("http://10.0.0.1:1", true), ("http://etcd.local:1", true), ("http://127.example.org:1", true), ("http://[2001:db8::1]:1", true),
            ("http://127.0.0.1:1", false), ("http://127.1.2.3:1", false), ("http://LOCALHOST:1", false), ("http://etcd.localhost:1", false),
            ("http://[::1]:1", false), ("http://[::ffff:127.0.0.1]:1", false), ("https://10.0.0.1:1", false), ("unix:///run/etcd.sock", false),
        ])
    func exposed(text: String, isExposed: Bool) throws {
        #expect(try GRPCEndpoint(parsing: text).isExposed == isExposed)
    }

    @Test(
        "An endpoint that makes no sense is refused by name",
        arguments: [
            "", "ftp://h:1", "http://", "http://h:0", "http://h:65536", "http://h:+1", "http://h:1/path", "::1", "[::1", "unix://relative", "a b:1",
        ])
    func badEndpoint(text: String) {
        let error = #expect(throws: GRPCEndpointError.self) { try GRPCEndpoint(parsing: text) }
        #expect(error?.text == text)
    }
}
