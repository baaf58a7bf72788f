//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Logging
import Synchronization

/// Keeps the endpoints of a client those of the cluster's members.
///
/// Source of the rule: etcd's client/v3, Sync, which leaves learners out too.
///
/// Members that tell addresses at which this client can't reach them would leave it with nothing: once nobody has answered there, the endpoints that the
/// client was given stay beside those of the members.
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

    /// Whether the members' own addresses were of no use.
    private(set) var keepsGiven = false

    /// What to do when the members could not be asked for.
    /// - Returns: the endpoints to try instead; nil when there are no others.
    mutating func unanswered(current: [GRPCEndpoint], given: [GRPCEndpoint]) -> [GRPCEndpoint]? {
        let others = given.filter { !current.contains($0) }
        guard !others.isEmpty else { return nil }
        keepsGiven = true
        return current + others
    }

    /// What to do about the members that the cluster has, when a client has `current`.
    ///
    /// What members can't tell of an endpoint, the name in its certificate, is as it is there or, of members that come back, in `given`: what the client
    /// was given to begin with. A client that was given nothing but `https` follows nobody to where it would tell what it knows to all who listen.
    func action(members: [Member], current: [GRPCEndpoint], given: [GRPCEndpoint] = []) -> Action {
        let known = current + given
        let needsTLS = !given.isEmpty && given.allSatisfy { $0.scheme == .https }
        var endpoints: [GRPCEndpoint] = []
        var unusable: [String] = []
        for member in members where !member.isLearner {
            for url in member.clientURLs {
                do throws(GRPCEndpointError) {
                    var endpoint = try GRPCEndpoint(parsing: url)
                    if needsTLS, endpoint.scheme != .https {
                        unusable.append("\(url) is plain, and this client's endpoints are https")
                        continue
                    }
                    endpoint.serverName = known.first { $0.isSamePlace(as: endpoint) }?.serverName
                    if !endpoints.contains(endpoint) { endpoints.append(endpoint) }
                } catch {
                    unusable.append("\(error)")
                }
            }
        }
        guard !endpoints.isEmpty else {
            return .ignore(reason: unusable.isEmpty ? "no member that votes tells a client URL" : unusable.joined(separator: "; "))
        }
        if keepsGiven { endpoints += given.filter { !endpoints.contains($0) } }
        // The order is the server's, and means nothing.
        return Set(endpoints) == Set(current) ? .keep : .update(endpoints)
    }
}

extension GRPCEndpoint {
    fileprivate func isSamePlace(as other: GRPCEndpoint) -> Bool { scheme == other.scheme && host == other.host && port == other.port }
}

/// The endpoints that a client was given: by its configuration, or by the program since.
final class GivenEndpoints: Sendable {
    private let endpoints: Mutex<[GRPCEndpoint]>

    init(_ endpoints: [GRPCEndpoint]) { self.endpoints = Mutex(endpoints) }

    var all: [GRPCEndpoint] {
        get { endpoints.withLock { $0 } }
        set { endpoints.withLock { $0 = newValue } }
    }
}
