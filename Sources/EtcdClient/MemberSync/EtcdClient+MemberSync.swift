//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Logging

extension EtcdClient {
    /// Follows the members of the cluster until cancelled: see ``EtcdClientConfiguration/memberSync``.
    func followMembers(every interval: Duration) async {
        while !Task.isCancelled {
            do throws(EtcdError) {
                follow(try await membersForSync())
            } catch {
                // The next time may be better; calls go to those that are known meanwhile.
                logger.debug("members not asked for", metadata: ["error": "\(error)"])
            }
            do { try await Task.sleep(for: interval) } catch { return }
        }
    }

    private func follow(_ members: [MemberSync.Candidate]) {
        switch MemberSync.action(members: members, current: transport.endpoints) {
        case .keep: break
        case .update(let endpoints):
            logger.info("members have changed", metadata: ["endpoints": "\(endpoints.map(\.description).joined(separator: ", "))"])
            transport.updateEndpoints(endpoints)
        case .ignore(let reason): logger.warning("members not followed", metadata: ["reason": "\(reason)"])
        }
    }

    private func membersForSync() async throws(EtcdError) -> [MemberSync.Candidate] {
        let call = Call(method: "/etcdserverpb.Cluster/MemberList", kind: .repeatable, operation: { "list the members to follow them" })
        return try await perform(
            call,
            encode: { _ throws(ArenaExhausted) in
                // Linearizable: a member that was removed may not know it.
                [0x08, 1]
            },
            decode: { bytes throws(MalformedMessage) in
                var members: [MemberSync.Candidate] = []
                var reader = ProtobufReader(bytes)
                while let tag = try reader.tag() {
                    guard tag.field == 2 else {
                        try reader.skip(tag)
                        continue
                    }
                    members.append(try MemberSync.Candidate(try reader.message(tag)))
                }
                return members
            })
    }
}

extension MemberSync.Candidate {
    fileprivate init(_ message: ProtobufReader) throws(MalformedMessage) {
        var reader = message
        self.init(clientURLs: [], isLearner: false)
        while let tag = try reader.tag() {
            switch tag.field {
            case 4: clientURLs.append(try reader.string(tag))
            case 5: isLearner = try reader.bool(tag)
            default: try reader.skip(tag)
            }
        }
    }
}
