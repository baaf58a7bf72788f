//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension EtcdError.Code {
    // MARK: The call

    /// No server could be reached, or none could serve. Nothing was written.
    public static let unavailable = Self("unavailable")
    /// The deadline passed before the operation was sent, or it was a read. Nothing was written.
    public static let deadlineExceeded = Self("deadline exceeded")
    /// The caller's task was cancelled. Nothing was written.
    public static let canceled = Self("canceled")
    /// A write was sent and its fate isn't known; ``EtcdError/reason`` says why.
    public static let unknownOutcome = Self("unknown outcome")
    /// The client was shut down. Nothing was written.
    public static let stopped = Self("client stopped")
    /// The answer is not what etcd would say.
    public static let malformedResponse = Self("malformed response")
    /// The answer is longer than ``EtcdClientConfiguration/maximumMessageSize``, or than the server can send.
    public static let responseTooLarge = Self("response too large")
    /// The server doesn't know the operation, or not with these options.
    public static let unimplemented = Self("unimplemented")
    /// The server ran into something that shouldn't be.
    public static let internalError = Self("internal error")
    /// The server's error is one that this client has no name for.
    public static let unknown = Self("unknown")

    // MARK: Revisions and watches

    /// The revision is no longer kept: read anew, and go on from there.
    public static let compacted = Self("compacted")
    /// The revision isn't there yet.
    public static let futureRevision = Self("future revision")
    /// The store is another, or an older one, than the one that was watched: read everything anew.
    public static let historyLost = Self("history lost")
    /// The server delivered events in an impossible order: read everything anew, and update the server.
    public static let orderViolation = Self("order violation")
    /// The server ended the watch.
    public static let watchCanceled = Self("watch canceled")

    // MARK: Requests

    /// The request can't be right; the message says why.
    public static let invalidArgument = Self("invalid argument")
    /// A key that must exist doesn't.
    public static let keyNotFound = Self("key not found")
    /// A transaction writes a key twice.
    public static let duplicateKey = Self("duplicate key")
    /// A transaction is longer than the server allows.
    public static let tooManyOperations = Self("too many operations")
    /// The request is larger than the server allows.
    public static let requestTooLarge = Self("request too large")
    /// The state of the cluster doesn't allow it.
    public static let failedPrecondition = Self("failed precondition")
    /// There's no such member.
    public static let memberNotFound = Self("member not found")

    // MARK: Leases

    /// There's no such lease: it expired, was revoked, or never was.
    public static let leaseNotFound = Self("lease not found")
    /// The ID of a lease to be granted is taken.
    public static let leaseAlreadyExists = Self("lease already exists")
    /// The time of a lease is longer than etcd allows.
    public static let leaseTTLTooLarge = Self("lease TTL too large")
    /// A lease could not be renewed in time, so its keys may be gone.
    public static let leaseExpired = Self("lease expired")

    /// The lock or the leadership is another's by now, or nobody's. Nothing was written.
    public static let ownershipLost = Self("ownership lost")

    // MARK: The cluster

    /// The member has no leader.
    public static let noLeader = Self("no leader")
    /// The member is a learner, and serves little.
    public static let learner = Self("learner")
    /// The cluster isn't able to do this, or not yet.
    public static let notCapable = Self("not capable")
    /// The server has more to do than it can.
    public static let tooManyRequests = Self("too many requests")
    /// The database is full: nothing can be written until it's compacted, defragmented and the alarm is disarmed.
    ///
    /// A server says so of what it refused, and in the same words of the writes that it carried out though they exceed its quota. Their code is
    /// therefore ``unknownOutcome`` and this its ``EtcdError/reason``, unless a read has shown that nothing was written.
    public static let noSpace = Self("no space")
    /// The members disagree about their data; an operator must look.
    public static let corrupt = Self("corrupt cluster")

    // MARK: Rights

    /// The user may not.
    public static let permissionDenied = Self("permission denied")
    /// The name or the password is wrong.
    public static let authenticationFailed = Self("authentication failed")
    /// No token came with the call, or one that isn't valid any more.
    public static let unauthenticated = Self("unauthenticated")
    /// The program's own provider of a name and password failed.
    public static let credentialsUnavailable = Self("credentials unavailable")
    /// The cluster doesn't ask who its users are.
    public static let authenticationNotEnabled = Self("authentication not enabled")
}
