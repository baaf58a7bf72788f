//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Logging

/// Keeps the endpoints of a client those of the cluster's members.
///
/// Source of the rule: etcd's client/v3, Sync, which leaves learners out too.
struct MemberSync: Sendable {
    /// What the members come to.
    enum Action: Hashable {
        /// Go on with these.
        case update([GRPCEndpoint])
        /// All is as it was.
        case keep
        /// None of the members can be used: more likely a cluster that is being set up than one without members.
        case ignore(reason: String)
    }

    /// What to do about the members that the cluster has, when a client has `current`.
    ///
    /// What members can't tell of an endpoint, the name in its certificate, is as it is there or, of members that come back, in `configured`.
    static func action(members: [Member], current: [GRPCEndpoint], configured: [GRPCEndpoint] = []) -> Action {
        let known = current + configured
        var endpoints: [GRPCEndpoint] = []
        var unreadable: [String] = []
        for member in members where !member.isLearner {
            for url in member.clientURLs {
                do throws(GRPCEndpointError) {
                    var endpoint = try GRPCEndpoint(parsing: url)
                    endpoint.serverName = known.first { $0.isSamePlace(as: endpoint) }?.serverName
                    if !endpoints.contains(endpoint) { endpoints.append(endpoint) }
                } catch {
                    unreadable.append("\(error)")
                }
            }
        }
        guard !endpoints.isEmpty else {
            return .ignore(reason: unreadable.isEmpty ? "no member that votes tells a client URL" : unreadable.joined(separator: "; "))
        }
        // The order is the server's, and means nothing.
        return Set(endpoints) == Set(current) ? .keep : .update(endpoints)
    }
}

extension GRPCEndpoint {
    fileprivate func isSamePlace(as other: GRPCEndpoint) -> Bool { scheme == other.scheme && host == other.host && port == other.port }
}
