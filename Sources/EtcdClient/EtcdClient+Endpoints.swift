//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import GRPCTransport

extension EtcdClient {
    /// The servers that calls go to: those of the configuration, of the last ``updateEndpoints(_:)``, or of the cluster's members
    /// (``EtcdClientConfiguration/memberSync``).
    public var endpoints: [GRPCEndpoint] { transport.endpoints }

    /// Replaces the servers that calls go to, at any time: for programs that find their cluster by other means than a fixed list.
    ///
    /// Calls that are under way at a server that is no longer named finish; watches and the renewal of leases move. An empty list is ignored, with a
    /// warning. With ``EtcdClientConfiguration/memberSync`` the next look at the members replaces them again.
    public func updateEndpoints(_ endpoints: [GRPCEndpoint]) {
        if !endpoints.isEmpty { given.all = endpoints }
        transport.updateEndpoints(endpoints)
    }

    /// How the client stands with the cluster: connecting, ready, degraded, disconnected… The current state first, then each change.
    ///
    /// Any number of tasks may observe; one that is slow sees the latest state, not all between. It ends when the client is shut down.
    public var states: GRPCTransportStates { transport.states }

    /// How the client stands with the cluster now.
    public var state: GRPCTransportState { transport.state }

    /// How often the store was found to be another, or an older one, than it was: see ``EtcdClientConfiguration/historyGuard``.
    public var historyLosses: Int { history.lossCount }
}
