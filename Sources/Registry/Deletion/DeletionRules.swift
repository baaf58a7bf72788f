//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

/// What a delete may do right away.
struct DeletionDecision: Sendable, Hashable {
    /// The object was changed to say when it must be gone, and is to be written.
    var graceful = false
    /// It is on its way out already, and this request changes nothing.
    var isPending = false
}

/// The rules of graceful deletion, without any storage.
///
/// Source of the rule: upstream rest.BeforeDelete and registry's markAsDeleting.
enum DeletionRules<Value: APIResource> {
    /// Decides how an object goes, and marks it accordingly.
    /// - Throws: 422 for options that contradict each other; 409 for preconditions that don't hold.
    static func beforeDelete(
        _ object: inout Value, options: inout DeleteOptions, strategy: any DeleteStrategy<Value>, kind: GroupVersionKind, now: Timestamp
    ) throws(Status) -> DeletionDecision {
        try validate(options)
        try check(options, object: object, kind: kind)
        if let period = options.gracePeriodSeconds, period < 0 { options.gracePeriodSeconds = 1 }
        if let period = object.metadata.deletionGracePeriodSeconds, period < 0 { object.metadata.deletionGracePeriodSeconds = 1 }
        guard strategy.deletesGracefully else { return DeletionDecision() }
        if let deletion = object.metadata.deletionTimestamp {
            return shorten(&object, deletion: deletion, options: &options, now: now)
        }
        guard strategy.checkGracefulDelete(&object, options: &options) else { return DeletionDecision() }
        guard let period = options.gracePeriodSeconds else {
            throw Status.internalError("a strategy that deletes gracefully must set gracePeriodSeconds")
        }
        object.metadata.deletionTimestamp = Timestamp(secondsSinceEpoch: now.secondsSinceEpoch + period)
        object.metadata.deletionGracePeriodSeconds = period
        if object.metadata.generation > 0 { object.metadata.generation += 1 }
        return DeletionDecision(graceful: true)
    }

    /// Marks an object that finalizers hold: it counts as deleted from now, without any grace.
    static func markAsDeleting(_ object: inout Value, now: Timestamp) {
        if object.metadata.generation > 0, object.metadata.deletionTimestamp == nil { object.metadata.generation += 1 }
        if object.metadata.deletionTimestamp.map({ $0 > now }) ?? true { object.metadata.deletionTimestamp = now }
        object.metadata.deletionGracePeriodSeconds = 0
    }

    /// A further delete may only bring the end nearer.
    private static func shorten(
        _ object: inout Value, deletion: Timestamp, options: inout DeleteOptions, now: Timestamp
    ) -> DeletionDecision {
        // A period of 0 that was written means that the removal after it failed: try that again.
        guard let current = object.metadata.deletionGracePeriodSeconds, current != 0 else { return DeletionDecision() }
        guard let asked = options.gracePeriodSeconds else {
            options.gracePeriodSeconds = current
            return DeletionDecision(isPending: true)
        }
        guard asked < current else { return DeletionDecision(isPending: true) }
        var period = asked
        var end = Timestamp(secondsSinceEpoch: deletion.secondsSinceEpoch - current + asked)
        if end < now {
            end = now
            if period != 0 { period = 1 }
        }
        object.metadata.deletionTimestamp = end
        object.metadata.deletionGracePeriodSeconds = period
        return DeletionDecision(graceful: true)
    }

    private static func validate(_ options: DeleteOptions) throws(Status) {
        guard options.orphanDependents != nil, let policy = options.propagationPolicy else { return }
        let error = FieldError.invalid(
            "propagationPolicy", .string(policy.rawValue), "orphanDependents and deletionPropagation cannot be both set")
        throw Status.invalid(
            kind: GroupVersionKind(group: "meta.k8s.io", version: "v1", kind: "DeleteOptions"), name: "", errors: [error])
    }

    private static func check(_ options: DeleteOptions, object: Value, kind: GroupVersionKind) throws(Status) {
        let metadata = object.metadata
        let named = GroupResource(group: kind.group, resource: kind.kind)
        if let uid = options.preconditions?.uid, uid != metadata.uid {
            throw Status.conflict(
                named, name: metadata.name,
                message: "the UID in the precondition (\(uid)) does not match the UID in record (\(metadata.uid)). "
                    + "The object might have been deleted and then recreated")
        }
        if let version = options.preconditions?.resourceVersion, version != metadata.resourceVersion {
            throw Status.conflict(
                named, name: metadata.name,
                message: "the ResourceVersion in the precondition (\(version)) does not match the ResourceVersion in record "
                    + "(\(metadata.resourceVersion)). The object might have been modified")
        }
    }
}
