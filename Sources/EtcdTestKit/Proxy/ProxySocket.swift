//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// The sockets of a proxy: TCP over IPv4, never blocking, not inherited by children.
enum ProxySocket {
    /// What a read or a write came to.
    enum Transfer {
        case bytes(Int)
        case wouldBlock
        case ended
        case failed
    }

    /// A socket that listens on 127.0.0.1.
    static func listen(port: UInt16) throws(EtcdTestKitError) -> Int32 {
        let descriptor = try make()
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard Loopback.withAddress(port, { bind(descriptor, $0, $1) }) == 0, Foundation.listen(descriptor, 1024) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw EtcdTestKitError("cannot listen on 127.0.0.1:\(port): \(reason)")
        }
        return descriptor
    }

    /// A connection that waits to be taken, and the port it comes from; nil when there's none.
    static func accept(from listener: Int32) -> (descriptor: Int32, port: UInt16)? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // accept4, which would do it in one step, isn't there for Swift.
        let descriptor = ChildProcess.spawning.withLock { _ in
            let descriptor = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Foundation.accept(listener, $0, &length) }
            }
            if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
            return descriptor
        }
        guard descriptor >= 0 else { return nil }
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        configure(descriptor)
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// Begins to connect to a port of 127.0.0.1; nil when that fails at once.
    static func connect(port: UInt16) -> Int32? {
        guard let descriptor = try? make() else { return nil }
        let result = Loopback.withAddress(port) { Foundation.connect(descriptor, $0, $1) }
        guard result == 0 || errno == EINPROGRESS else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Whether a connection that was begun has come to be. Asked once the socket can be written to.
    static func isConnected(_ descriptor: Int32) -> Bool {
        var error: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0
    }

    static func read(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Transfer {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count > 0 { return .bytes(count) }
        if count == 0 { return .ended }
        return errno == EAGAIN || errno == EINTR ? .wouldBlock : .failed
    }

    static func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Transfer {
        #if os(Linux)
        let flags = Int32(MSG_NOSIGNAL)
        #else
        let flags: Int32 = 0
        #endif
        let count = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, flags) }
        if count >= 0 { return .bytes(count) }
        return errno == EAGAIN || errno == EINTR ? .wouldBlock : .failed
    }

    /// Says that nothing more comes, and goes on reading.
    static func finish(_ descriptor: Int32) {
        #if os(Linux)
        _ = shutdown(descriptor, Int32(SHUT_WR))
        #else
        _ = shutdown(descriptor, SHUT_WR)
        #endif
    }

    /// Closes with RST.
    static func reset(_ descriptor: Int32) {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
    }

    /// Two sockets that are connected to each other.
    static func pair() throws(EtcdTestKitError) -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        #if os(Linux)
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        #else
        let kind = SOCK_STREAM
        #endif
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw EtcdTestKitError("no socket pair: \(String(cString: strerror(errno)))") }
        for end in ends { prepare(end) }
        return (ends[0], ends[1])
    }

    private static func make() throws(EtcdTestKitError) -> Int32 {
        #if os(Linux)
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        #else
        let kind = SOCK_STREAM
        #endif
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { throw EtcdTestKitError("no socket: \(String(cString: strerror(errno)))") }
        configure(descriptor)
        return descriptor
    }

    private static func configure(_ descriptor: Int32) {
        prepare(descriptor)
        // A proxy that adds the delays of Nagle's algorithm would measure itself.
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func prepare(_ descriptor: Int32) {
        #if !os(Linux)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &yes, socklen_t(MemoryLayout<Int32>.size))
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        #endif
    }
}
