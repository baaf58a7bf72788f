//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
import Storage
import Synchronization

extension RegistryStore {
    /// Removes an object, or marks it when finalizers or its grace period hold it.
    ///
    /// Decisions are made on the object as it is at the moment of writing, never on an older one. Deleting what is on its way out already changes
    /// nothing, unless it shortens the grace period.
    /// - Throws: 404; 409 when a precondition isn't met; 422 for contradictory options; what admission throws.
    public func delete(_ name: String, options: DeleteOptions, context: RequestContext) async throws(Status) -> DeleteResult {
        let key = try key(name: name, context: context)
        try await admit(.delete, name: name, object: nil, dryRun: options.dryRun, context: context)
        let existing = try await live(key, name: name)
        var value = try codec.decode(existing)
        let requested = options
        var options = options
        let decision = try decide(&value, options: &options)
        if decision.isPending { return .object(try decorated(existing), deleted: false) }

        var preconditions = options.preconditions
        var toleratesMissing = false
        var last = existing
        let collector = garbageCollectionFinalizers(value.metadata.finalizers, options: options)
        if decision.graceful || !value.metadata.finalizers.isEmpty || collector != nil {
            switch try await mark(existing, name: name, options: options, context: context) {
            case .held(let object), .pending(let object):
                return .object(try decorated(object), deleted: false)
            case .removable(let written):
                guard let written else { break }
                if options.dryRun { return try await finishDelete(written, options: options) }
                // Another writer may remove it first; and the version that the client named is one write back.
                toleratesMissing = true
                last = written
                if preconditions?.resourceVersion != nil { preconditions?.resourceVersion = written.resourceVersion.description }
            }
        }
        let removed = try await remove(
            last, name: name, preconditions: preconditions, toleratesMissing: toleratesMissing, options: options, context: context)
        // Somebody gave it a finalizer after it was looked at: start again, so that it isn't skipped.
        guard let removed else { return try await delete(name, options: requested, context: context) }
        return try await finishDelete(removed, options: options)
    }

    /// The last step of every deletion: After hook, and the answer.
    func finishDelete(_ object: StoredObject, options: DeleteOptions) async throws(Status) -> DeleteResult {
        var object = object
        if let afterDelete = configuration.hooks.afterDelete {
            var value = try codec.decode(object)
            await afterDelete(&value, options)
            object = try codec.reencode(value, like: object)
        }
        if configuration.returnsDeletedObject { return .object(try decorated(object), deleted: true) }
        let metadata: ObjectMetadata
        do {
            metadata = try object.metadata()
        } catch {
            throw Status.internalError("the object stored at \(object.key) can't be read: \(error)")
        }
        return .status(
            .success(details: .init(name: metadata.name, group: groupResource.group, kind: groupResource.resource, uid: metadata.uid)))
    }

    private func live(_ key: String, name: String) async throws(Status) -> StoredObject {
        do throws(StorageError) {
            guard let object = try await storage.underlying.get(key, options: GetOptions()) else {
                throw StorageError(.keyNotFound, key: key)
            }
            return object
        } catch {
            throw Status(interpreting: error, operation: .delete, resource: groupResource, name: name)
        }
    }

    private func decide(_ value: inout Value, options: inout DeleteOptions) throws(Status) -> DeletionDecision {
        try DeletionRules.beforeDelete(
            &value, options: &options, strategy: configuration.deleteStrategy, kind: resource.kind, now: .now)
    }

    /// The finalizers that the garbage collector needs instead of these; nil when they may stay.
    private func garbageCollectionFinalizers(_ finalizers: [String], options: DeleteOptions) -> [String]? {
        guard configuration.enablesGarbageCollection else { return nil }
        return GarbageCollectionFinalizers.updated(
            finalizers, options: options, defaultPolicy: configuration.deleteStrategy.defaultGarbageCollectionPolicy)
    }

    /// Writes the mark of deletion, as far as there is one to write.
    private func mark(_ seen: StoredObject, name: String, options: DeleteOptions, context: RequestContext) async throws(Status) -> MarkOutcome {
        let isHeld = Mutex(false)
        do throws(StorageError) {
            let written = try await storage.guaranteedUpdate(
                seen.key, ignoreNotFound: false, preconditions: options.preconditions, suggestion: seen, dryRun: options.dryRun
            ) { existing in
                guard let existing else { throw StorageError(.keyNotFound, key: seen.key) }
                var value = try self.codec.decode(existing)
                let old = value
                try await self.validate(.delete, name: name, object: nil, old: old, dryRun: options.dryRun, context: context)
                var options = options
                let decision = try self.decide(&value, options: &options)
                if decision.isPending { throw AlreadyDeleting(object: existing) }
                if let finalizers = self.garbageCollectionFinalizers(value.metadata.finalizers, options: options) {
                    value.metadata.finalizers = finalizers
                }
                let hasFinalizers = !value.metadata.finalizers.isEmpty
                if !decision.graceful {
                    guard hasFinalizers else { throw NothingHolds() }
                    DeletionRules.markAsDeleting(&value, now: .now)
                }
                let period = value.metadata.deletionGracePeriodSeconds ?? 0
                isHeld.withLock { $0 = hasFinalizers || period > 0 }
                return UpdateProposal(bytes: try self.codec.encode(value), ttl: nil)
            }
            return isHeld.withLock { $0 } ? .held(written) : .removable(written)
        } catch {
            if error.cause is NothingHolds { return .removable(nil) }
            if let pending = error.cause as? AlreadyDeleting { return .pending(pending.object) }
            throw Status(interpreting: error, operation: .update, resource: groupResource, name: name)
        }
    }

    /// Takes the object away. Nil when finalizers appeared meanwhile, and nothing was done.
    private func remove(
        _ seen: StoredObject, name: String, preconditions: Preconditions?, toleratesMissing: Bool, options: DeleteOptions,
        context: RequestContext
    ) async throws(Status) -> StoredObject? {
        do throws(StorageError) {
            return try await storage.delete(seen.key, preconditions: preconditions, suggestion: seen, dryRun: options.dryRun) { existing in
                let finalizers = try existing.metadata().finalizers
                guard (self.garbageCollectionFinalizers(finalizers, options: options) ?? finalizers).isEmpty else { throw FinalizersAppeared() }
                guard !self.configuration.admission.isEmpty else { return }
                let old = try self.codec.decode(existing)
                try await self.validate(.delete, name: name, object: nil, old: old, dryRun: options.dryRun, context: context)
            }
        } catch  where error.code == .keyNotFound && toleratesMissing {
            return seen
        } catch  where error.cause is FinalizersAppeared {
            return nil
        } catch {
            throw Status(interpreting: error, operation: .delete, resource: groupResource, name: name)
        }
    }
}

/// What marking an object came to.
private enum MarkOutcome {
    /// It waits for finalizers or for its time.
    case held(StoredObject)
    /// It was on its way out already.
    case pending(StoredObject)
    /// It may go now; with what was written before, if anything was.
    case removable(StoredObject?)
}

/// Leaves the storage's update without a write: the object may go at once.
private struct NothingHolds: Error {}

/// Leaves the storage's update without a write: somebody deleted the object already.
private struct AlreadyDeleting: Error {
    let object: StoredObject
}

/// Leaves the storage's delete without a removal.
private struct FinalizersAppeared: Error {}
