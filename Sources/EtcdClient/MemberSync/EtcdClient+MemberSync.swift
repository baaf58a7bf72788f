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
        var sync = MemberSync()
        while !Task.isCancelled {
            do throws(EtcdError) {
                // Linearizable: a member that was removed may not know it.
                follow(try await memberList().members, sync)
            } catch {
                // The next time may be better; calls go to those that are known meanwhile.
                logger.debug("members not asked for", metadata: ["error": "\(error)"])
                if CallPolicy.mayPass(error.code), let endpoints = sync.unanswered(current: transport.endpoints, given: given.all) {
                    logger.warning("members do not answer where they say", metadata: ["tried": "\(Self.text(endpoints))"])
                    transport.updateEndpoints(endpoints)
                    continue
                }
            }
            do { try await Task.sleep(for: max(interval, .seconds(1))) } catch { return }
        }
    }

    private func follow(_ members: [Member], _ sync: MemberSync) {
        switch sync.action(members: members, current: transport.endpoints, given: given.all) {
        case .keep: break
        case .update(let endpoints):
            logger.info("members have changed", metadata: ["endpoints": "\(Self.text(endpoints))"])
            transport.updateEndpoints(endpoints)
        case .ignore(let reason): logger.warning("members not followed", metadata: ["reason": "\(reason)"])
        }
    }

    private static func text(_ endpoints: [GRPCEndpoint]) -> String { endpoints.map(\.description).joined(separator: ", ") }
}
