//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// The links between members, each way of each pair through a proxy of its own.
///
/// All members share one address of each peer, so who connects is found by whose socket it is that the connection comes from.
struct PeerLinks: Sendable {
    /// What the others connect to, one a member.
    let doors: [FaultProxy]
    /// By who connects and whom to.
    private let links: [[FaultProxy?]]
    private let finder = MemberFinder()

    init(to ports: [UInt16]) throws(EtcdTestKitError) {
        guard FileManager.default.fileExists(atPath: "/proc/net/tcp") else {
            throw EtcdTestKitError("peer links through proxies need /proc/net/tcp to tell members apart: run this on Linux")
        }
        var links = [[FaultProxy?]](repeating: [FaultProxy?](repeating: nil, count: ports.count), count: ports.count)
        for from in ports.indices {
            for to in ports.indices where from != to { links[from][to] = try FaultProxy(adoptingTo: ports[to]) }
        }
        self.links = links
        var doors: [FaultProxy] = []
        for (index, port) in ports.enumerated() {
            let candidates = links.map { $0[index] }
            doors.append(try FaultProxy(to: port) { [finder] source in finder.member(connectedFrom: source).flatMap { candidates[$0] } })
        }
        self.doors = doors
    }

    /// What connections from one member to another go through; nil from a member to itself.
    func link(from: Int, to: Int) -> FaultProxy? {
        links.indices.contains(from) && links.indices.contains(to) ? links[from][to] : nil
    }

    /// Says which members there are; their processes change as they restart.
    func attach(_ members: [EtcdMember]) { finder.attach(members) }

    func close() async {
        for door in doors { await door.close() }
        for link in links.flatMap({ $0 }) { await link?.close() }
    }
}

/// Finds the member that a connection comes from.
private final class MemberFinder: Sendable {
    private let members = Mutex<[EtcdMember]>([])

    func attach(_ members: [EtcdMember]) { self.members.withLock { $0 = members } }

    func member(connectedFrom port: UInt16) -> Int? {
        guard let inode = Self.inode(ofPort: port) else { return nil }
        return members.withLock { $0 }.firstIndex { $0.processID.map { Self.process($0, has: inode) } ?? false }
    }

    private static func inode(ofPort port: UInt16) -> String? {
        let hexadecimal = String(port, radix: 16, uppercase: true)
        let local = "0100007F:" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
        for line in text(of: "/proc/net/tcp").split(separator: "\n") {
            let fields = line.split(separator: " ")
            if fields.count > 9, fields[1] == local { return String(fields[9]) }
        }
        return nil
    }

    /// Foundation takes the first page of such a file for all of it.
    private static func text(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var (bytes, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 1 << 16))
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    private static func process(_ process: Int32, has inode: String) -> Bool {
        let directory = "/proc/\(process)/fd"
        // A process that has just ended has no sockets.
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return descriptors.contains { (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\($0)")) == "socket:[\(inode)]" }
    }
}
