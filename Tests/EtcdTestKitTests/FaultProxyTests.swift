//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import EtcdTestKit

/// Sends back what it gets, until it's told the end; then ends too.
private func withEcho<Result>(_ body: (FaultProxy) async throws -> Result) async throws -> Result {
    let port = try Loopback.freePorts(1)[0]
    let listener = try ProxySocket.listen(port: port)
    let pipe = try ProxySocket.pair()
    Thread.detachNewThread {
        var open: [Int32] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            var polled = ([pipe.1, listener] + open).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            _ = poll(&polled, nfds_t(polled.count), -1)
            if polled[0].revents != 0 { break }
            if polled[1].revents != 0, let (new, _) = ProxySocket.accept(from: listener) { open.append(new) }
            for entry in polled.dropFirst(2) where entry.revents != 0 {
                switch ProxySocket.read(entry.fd, &buffer) {
                case .bytes(let count):
                    var rest = buffer[..<count]
                    while !rest.isEmpty {
                        switch ProxySocket.write(entry.fd, rest) {
                        case .bytes(let written): rest = rest.dropFirst(written)
                        case .wouldBlock: usleep(1000)
                        default: rest = []
                        }
                    }
                case .wouldBlock: break
                case .ended, .failed:
                    close(entry.fd)
                    open.removeAll { $0 == entry.fd }
                }
            }
        }
        for descriptor in open + [listener, pipe.1] { close(descriptor) }
    }
    defer { close(pipe.0) }
    return try await FaultProxy.withProxy(to: port, body)
}

/// A client that counts what comes.
private final class Client: Sendable {
    private let descriptor: Int32

    init(_ proxy: FaultProxy) throws { descriptor = try #require(ProxySocket.connect(port: proxy.port)) }
    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) async throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch ProxySocket.write(descriptor, rest) {
            case .bytes(let count): rest = rest.dropFirst(count)
            case .wouldBlock: try await Task.sleep(for: .milliseconds(2))
            case .ended, .failed:
                guard errno == ENOTCONN else { return }
                try await Task.sleep(for: .milliseconds(2))
            }
        }
    }

    func finish() { ProxySocket.finish(descriptor) }

    enum End { case finished, reset, none }

    /// What comes until there is enough, the end, or the time is over.
    func receive(_ count: Int = .max, within time: Duration = .seconds(30)) async throws -> (bytes: [UInt8], end: End) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let deadline = ContinuousClock.now + time
        while bytes.count < count {
            switch ProxySocket.read(descriptor, &buffer) {
            case .bytes(let count): bytes += buffer[..<count]
            case .wouldBlock:
                if ContinuousClock.now > deadline { return (bytes, .none) }
                try await Task.sleep(for: .milliseconds(2))
            case .ended: return (bytes, .finished)
            case .failed: return (bytes, .reset)
            }
        }
        return (bytes, .none)
    }
}

private let sample = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

@Suite(.timeLimit(.minutes(3))) struct FaultProxyTests {
    @Test("Bytes pass as they are, both ways, and so does the end") func forwards() async throws {
        try await withEcho { proxy in
            let client = try Client(proxy)
            async let sent: Void = client.send(sample)
            #expect(try await client.receive(sample.count).bytes == sample)
            try await sent
            client.finish()
            #expect(try await client.receive().end == .finished)
            try await proxy.wait("end") { $0.open == 0 }
            let statistics = proxy.statistics
            #expect(statistics.accepted == 1 && statistics.bytesToServer == sample.count && statistics.bytesToClient == sample.count)
        }
    }

    @Test("Bytes held by a blackhole arrive once it is filled", arguments: [FaultProxy.Direction.toServer, .toClient])
    func holds(_ direction: FaultProxy.Direction) async throws {
        try await withEcho { proxy in
            let client = try Client(proxy)
            try await client.send([1, 2, 3])
            #expect(try await client.receive(3).bytes == [1, 2, 3])
            proxy.blackhole([direction])
            try await client.send([4, 5])
            #expect(try await client.receive(1, within: .milliseconds(200)).bytes == [])
            if direction == .toClient { try await proxy.wait("bytes the other way") { $0.bytesToServer == 5 } }
            proxy.restore()
            #expect(try await client.receive(2).bytes == [4, 5])
        }
    }

    @Test("A connection that lost bytes is reset when the blackhole is filled, one that lost none goes on")
    func drops() async throws {
        try await withEcho { proxy in
            let (loser, other) = (try Client(proxy), try Client(proxy))
            for client in [loser, other] {
                try await client.send([1])
                #expect(try await client.receive(1).bytes == [1])
            }
            proxy.blackhole([.toServer], by: .drop)
            try await loser.send([2])
            #expect(try await loser.receive(1, within: .milliseconds(200)).end == .none)
            proxy.restore()
            #expect(try await loser.receive(1).end == .reset)
            try await other.send([3])
            #expect(try await other.receive(1).bytes == [3])
        }
    }

    @Test("A blackhole also keeps the end of a connection secret, and new connections hear nothing")
    func hidesEnds() async throws {
        try await withEcho { proxy in
            let client = try Client(proxy)
            try await client.send([1])
            #expect(try await client.receive(1).bytes == [1])
            proxy.blackhole()
            client.finish()
            let late = try Client(proxy)
            try await late.send([9])
            #expect(try await client.receive(within: .milliseconds(200)).end == .none)
            #expect(try await late.receive(within: .milliseconds(50)).end == .none)
            proxy.restore()
            #expect(try await client.receive().end == .finished)
            #expect(try await late.receive(1).bytes == [9])
        }
    }

    @Test("A connection is cut after exactly so many bytes", arguments: [0, 1, 4096, 99_999], FaultProxy.Direction.allCases)
    func cuts(_ count: Int, _ direction: FaultProxy.Direction) async throws {
        try await withEcho { proxy in
            proxy.cut(after: count, direction, of: .next(1))
            let client = try Client(proxy)
            async let sent: Void = client.send(sample)
            let received = try await client.receive()
            try await sent
            #expect(received.end != .none)
            if direction == .toClient {
                #expect(received.bytes == Array(sample[..<count]))
                #expect(proxy.statistics.bytesToClient == count)
            } else {
                #expect(proxy.statistics.bytesToServer == count)
            }
            let next = try Client(proxy)
            try await next.send([1, 2])
            #expect(try await next.receive(2).bytes == [1, 2])
        }
    }

    @Test("An open connection is cut at an offset from now, by RST if so wanted") func cutsOpen() async throws {
        try await withEcho { proxy in
            let client = try Client(proxy)
            try await client.send([1, 2, 3])
            #expect(try await client.receive(3).bytes == [1, 2, 3])
            proxy.cut(after: 2, .toServer, by: .reset, of: .open)
            try await client.send([4, 5, 6, 7])
            #expect(try await client.receive().end == .reset)
            #expect(proxy.statistics.bytesToServer == 5)
        }
    }

    @Test("One byte is changed, and only that") func flips() async throws {
        try await withEcho { proxy in
            proxy.flip(byte: 70_000, mask: 0x10, .toServer)
            let client = try Client(proxy)
            async let sent: Void = client.send(sample)
            var expected = sample
            expected[70_000] ^= 0x10
            #expect(try await client.receive(sample.count).bytes == expected)
            try await sent
        }
    }

    @Test("Connections are reset all at once, and again and again") func resets() async throws {
        try await withEcho { proxy in
            let clients = try (0..<3).map { _ in try Client(proxy) }
            try await proxy.wait("three connections") { $0.open == 3 }
            proxy.endAll()
            for client in clients { #expect(try await client.receive().end == .reset) }
            proxy.reset(every: .milliseconds(50))
            for _ in 0..<3 { #expect(try await Client(proxy).receive().end == .reset) }
            proxy.reset(every: nil)
            let client = try Client(proxy)
            try await client.send([1])
            #expect(try await client.receive(1).bytes == [1])
        }
    }

    @Test("Who connects is refused, or waits, or is served again") func accepting() async throws {
        try await withEcho { proxy in
            proxy.accept(.refuse)
            #expect(try await Client(proxy).receive().end == .reset)
            proxy.accept(.ignore)
            let client = try Client(proxy)
            try await client.send([1])
            #expect(try await client.receive(within: .milliseconds(100)).end == .none)
            proxy.accept(.accept)
            #expect(try await client.receive(1).bytes == [1])
        }
    }

    @Test("Delays and throttles take their time and change nothing") func delays() async throws {
        try await withEcho { proxy in
            proxy.delay(.milliseconds(40), jitter: .milliseconds(30))
            let client = try Client(proxy)
            let start = ContinuousClock.now
            async let sent: Void = client.send(sample)
            #expect(try await client.receive(sample.count).bytes == sample)
            try await sent
            #expect(ContinuousClock.now - start >= .milliseconds(20))
            proxy.restore()
            proxy.throttle(bytesPerSecond: 100_000, [.toServer])
            let throttled = ContinuousClock.now
            try await client.send(Array(sample[..<50_000]))
            #expect(try await client.receive(50_000).bytes == Array(sample[..<50_000]))
            #expect(ContinuousClock.now - throttled >= .milliseconds(400))
        }
    }

    @Test("A half-closed connection goes on the other way") func halfCloses() async throws {
        try await withEcho { proxy in
            let client = try Client(proxy)
            try await client.send([1])
            #expect(try await client.receive(1).bytes == [1])
            proxy.halfClose(.toServer)
            #expect(try await client.receive().end == .finished)
            try await client.send([2])
            #expect(proxy.statistics.bytesToServer == 1)
        }
    }

    @Test("The proxy's end resets its connections and leaves no descriptor") func closes() async throws {
        var clients: [Client] = []
        try await withEcho { proxy in
            clients = try (0..<5).map { _ in try Client(proxy) }
            try await proxy.wait("five connections") { $0.open == 5 }
        }
        for client in clients { #expect(try await client.receive().end == .reset) }
    }
}
