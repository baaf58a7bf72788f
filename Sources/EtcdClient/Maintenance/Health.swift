//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
public import GRPCTransport

/// Whether a server says that it serves.
public enum HealthStatus: Sendable, Hashable {
    /// It serves.
    case serving
    /// It doesn't for now, as while it is defragmented with etcd's feature gate `StopGRPCServiceOnDefrag`.
    case notServing
    /// It doesn't know.
    case unknown
}

extension EtcdClient {
    /// Asks a server whether it serves, by gRPC's own health service. Says nothing about the leader or the data: see ``status(of:deadline:)``.
    /// - Parameters:
    ///   - endpoint: the server; nil for whichever is connected.
    ///   - deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: `unimplemented` when the server has no such service; `unavailable`…
    public func health(of endpoint: GRPCEndpoint? = nil, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> HealthStatus {
        let call = Call(
            method: "/grpc.health.v1.Health/Check", kind: .repeatable, requiresLeader: false, deadline: deadline, endpoint: endpoint,
            operation: { Self.question("health", endpoint) })
        return try await perform(
            call, grpc__health__v1__health_check_request__init, grpc__health__v1__health_check_response__unpack,
            read: { answer in
                switch answer.status {
                case GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING: .serving
                case GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING: .notServing
                default: .unknown
                }
            })
    }
}
