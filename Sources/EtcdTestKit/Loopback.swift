//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Ports and small HTTP requests on 127.0.0.1.
enum Loopback {
    private static let handedOut = Mutex<Set<UInt16>>([])

    /// Ports that nobody listens on. Below the range that systems take outgoing connections' ports from, so that the port of a killed member
    /// isn't taken by some connection before the member is back. Another process may still be faster: the caller tries again then.
    static func freePorts(_ count: Int) throws(EtcdTestKitError) -> [UInt16] {
        var ports: [UInt16] = []
        var attempts = 0
        while ports.count < count {
            attempts += 1
            guard attempts < 10_000 else { throw EtcdTestKitError("no free port on 127.0.0.1 between 12000 and 32000") }
            let port = UInt16.random(in: 12_000..<32_000)
            guard isFree(port), handedOut.withLock({ $0.insert(port).inserted }) else { continue }
            ports.append(port)
        }
        return ports
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = tcpSocket()
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return withAddress(port) { bind(descriptor, $0, $1) } == 0
    }

    /// Asks for a path and gives the whole answer, header and body; nil when there was none within the time.
    static func get(port: UInt16, path: String, timeoutSeconds: Int) async -> String? {
        await withCheckedContinuation { continuation in
            // Blocking calls don't belong on the cooperative threads.
            DispatchQueue.global().async { continuation.resume(returning: blockingGet(port: port, path: path, timeoutSeconds: timeoutSeconds)) }
        }
    }

    private static func blockingGet(port: UInt16, path: String, timeoutSeconds: Int) -> String? {
        let descriptor = tcpSocket()
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &timeout, socklen_t(MemoryLayout<timeval>.size))
        }
        guard withAddress(port, { connect(descriptor, $0, $1) }) == 0 else { return nil }
        let request = Array("GET \(path) HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".utf8)
        guard write(descriptor, request, request.count) == request.count else { return nil }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            answer.append(contentsOf: buffer[..<count])
        }
        return answer.isEmpty ? nil : String(decoding: answer, as: UTF8.self)
    }

    private static func tcpSocket() -> Int32 {
        #if os(Linux)
        socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #else
        socket(AF_INET, SOCK_STREAM, 0)
        #endif
    }

    static func withAddress<T>(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
