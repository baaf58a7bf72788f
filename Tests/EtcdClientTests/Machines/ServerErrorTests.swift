//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Testing

@testable import EtcdClient

@Suite("What a server's errors mean")
struct ServerErrorTests {
    @Test(
        "The text decides, whatever the code",
        arguments: [
            ("etcdserver: mvcc: required revision has been compacted", .compacted, .refused),
            ("etcdserver: mvcc: required revision is a future revision", .futureRevision, .refusedForNow),
            ("etcdserver: mvcc: database space exceeded", .noSpace, .uncertain),
            ("etcdserver: too many requests", .tooManyRequests, .refusedForNow),
            ("etcdserver: request is too large", .requestTooLarge, .refused),
            ("grpc: received message larger than max (2500032 vs. 2097152)", .requestTooLarge, .refused),
            ("grpc: trying to send message larger than max (2147483648 vs. 2147483647)", .responseTooLarge, .uncertain),
            ("trying to send message larger than max (2147483648 vs. 2147483647)", .responseTooLarge, .uncertain),
            ("etcdserver: too many operations in txn request", .tooManyOperations, .refused),
            ("etcdserver: duplicate key given in txn request", .duplicateKey, .refused),
            ("etcdserver: key not found", .keyNotFound, .refused),
            ("etcdserver: key is not provided", .invalidArgument, .refused),
            ("etcdserver: requested lease not found", .leaseNotFound, .refused),
            ("etcdserver: lease already exists", .leaseAlreadyExists, .refused),
            ("etcdserver: too large lease TTL", .leaseTTLTooLarge, .refused),
            ("etcdserver: member not found", .memberNotFound, .refused),
            ("etcdserver: not leader", .notLeader, .refused),
            ("etcdserver: member ID already exist", .memberAlreadyExists, .refused),
            ("etcdserver: Peer URLs already exists", .memberAlreadyExists, .refused),
            ("etcdserver: can only promote a learner member which is in sync with leader", .learnerNotReady, .refused),
            ("etcdserver: can only promote a learner member", .failedPrecondition, .refused),
            ("etcdserver: unhealthy cluster", .unavailable, .refusedForNow),
            ("etcdserver: user name not found", .userNotFound, .refused),
            ("etcdserver: user name already exists", .userAlreadyExists, .refused),
            ("etcdserver: role name not found", .roleNotFound, .refused),
            ("etcdserver: role name already exists", .roleAlreadyExists, .refused),
            ("etcdserver: role is not granted to the user", .roleNotGranted, .refused),
            ("etcdserver: permission is not granted to the role", .permissionNotGranted, .refused),
            ("election: no leader", .electionNoLeader, .refused),
            ("election: not leader", .electionNotLeader, .refused),
            ("etcdserver: rpc not supported for learner", .learner, .refusedForNow),
            ("etcdserver: not capable", .notCapable, .refusedForNow),
            ("etcdserver: no leader", .noLeader, .refusedForNow),
            ("etcdserver: permission denied", .permissionDenied, .refused),
            ("etcdserver: invalid auth token", .unauthenticated, .refused),
            ("etcdserver: revision of auth store is old", .unauthenticated, .refused),
            ("etcdserver: user name is empty", .unauthenticated, .refused),
            ("etcdserver: authentication failed, invalid user ID or password", .authenticationFailed, .refused),
            ("etcdserver: authentication is not enabled", .authenticationNotEnabled, .refused),
            ("etcdserver: corrupt cluster", .corrupt, .refused),
            ("etcdserver: leader changed", .unavailable, .uncertain),
            ("etcdserver: server stopped", .unavailable, .uncertain),
            ("etcdserver: request timed out", .unavailable, .uncertain),
            ("etcdserver: request timed out, possibly due to previous leader failure", .unavailable, .uncertain),
            ("etcdserver: request timed out, possibly due to connection lost", .unavailable, .uncertain),
            ("etcdserver: request timed out, waiting for the applied index took too long", .unavailable, .uncertain),
        ] as [(String, EtcdError.Code, ServerError.Execution)])
    func text(text: String, code: EtcdError.Code, execution: ServerError.Execution) {
        for status in [GRPCStatusCode.unknown, .internal, .unavailable, .failedPrecondition] {
            #expect(ServerError(code: status, text: text) == ServerError(code, execution))
        }
        #expect(ServerError(code: .unknown, text: "rpc error: code = Unknown desc = \(text)") == ServerError(code, execution))
    }

    @Test(
        "Without a known text the code decides",
        arguments: [
            (.invalidArgument, .invalidArgument, .refused), (.permissionDenied, .permissionDenied, .refused),
            (.unauthenticated, .unauthenticated, .refused), (.unimplemented, .unimplemented, .refused),
            (.failedPrecondition, .failedPrecondition, .refused), (.unavailable, .unavailable, .uncertain),
            (.deadlineExceeded, .deadlineExceeded, .uncertain), (.cancelled, .canceled, .uncertain), (.internal, .internalError, .uncertain),
            (.unknown, .unknown, .uncertain), (.resourceExhausted, .tooManyRequests, .uncertain), (.dataLoss, .corrupt, .uncertain),
        ] as [(GRPCStatusCode, EtcdError.Code, ServerError.Execution)])
    func fallback(status: GRPCStatusCode, code: EtcdError.Code, execution: ServerError.Execution) {
        #expect(ServerError(code: status, text: "a text of some proxy") == ServerError(code, execution))
    }

    @Test(
        "The reason of an ended watch is read in all three shapes",
        arguments: [
            ("mvcc: watcher range is empty", .invalidArgument), ("mvcc: required revision has been compacted", .compacted),
            ("etcdserver: mvcc: required revision has been compacted", .compacted),
            ("rpc error: code = PermissionDenied desc = etcdserver: permission denied", .permissionDenied),
            ("rpc error: code = Unauthenticated desc = etcdserver: invalid auth token", .unauthenticated),
            ("rpc error: code = InvalidArgument desc = something new", .invalidArgument),
            ("rpc error: code = PermissionDenied desc = something new", .permissionDenied), ("", .watchCanceled), ("something new", .watchCanceled),
        ] as [(String, EtcdError.Code)])
    func cancelReason(reason: String, code: EtcdError.Code) {
        #expect(ServerError(cancelReason: reason).code == code)
    }
}
