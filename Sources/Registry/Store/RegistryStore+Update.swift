//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
import Storage
import Synchronization

extension RegistryStore {
    /// Changes the object of a name, or creates it where strategy or options allow that.
    ///
    /// The change is made to the newest object and written only if nobody else wrote meanwhile; otherwise it is made again. A change that leaves the
    /// object as it is writes nothing and raises no event. An object that is being deleted and loses its last finalizer is removed.
    /// - Throws: 404; 409 when the resource version or a precondition isn't the object's; 422; what the change, hooks and admission throw.
    public func update(
        _ name: String, object: UpdatedObject, options: UpdateOptions, context: RequestContext
    ) async throws(Status) -> UpdateResult {
        let key = try key(name: name, context: context)
        let creates = Mutex(false)
        let stored: StoredObject
        do throws(StorageError) {
            stored = try await storage.guaranteedUpdate(
                key, ignoreNotFound: configuration.updateStrategy.allowsCreateOnUpdate || options.forceAllowCreate,
                preconditions: object.preconditions, suggestion: nil, dryRun: options.dryRun
            ) { existing in
                creates.withLock { $0 = existing == nil }
                return if let existing {
                    try await self.changed(existing, name: name, by: object, options: options, context: context)
                } else {
                    try await self.created(name: name, by: object, options: options, context: context)
                }
            }
        } catch {
            if let removed = error.cause as? LastFinalizerRemoved<Value> {
                return try await remove(removed.value, key: key, preconditions: object.preconditions, options: options)
            }
            throw Status(
                interpreting: error, operation: creates.withLock { $0 } ? .create : .update, resource: groupResource, name: name)
        }
        let created = creates.withLock { $0 }
        return UpdateResult(object: try await finished(stored, created: created, options: options), created: created)
    }

    /// One attempt to make a missing object.
    private func created(
        name: String, by object: UpdatedObject, options: UpdateOptions, context: RequestContext
    ) async throws(Status) -> UpdateProposal {
        var value = try codec.decodeRequest(try await object.transform(nil))
        try matchName(&value, name: name)
        let createOptions = CreateOptions(dryRun: options.dryRun, fieldManager: options.fieldManager)
        try await admit(.create, name: name, object: value, dryRun: options.dryRun, context: context)
        resetSystemMetadata(&value)
        let finish = try await configuration.hooks.beginCreate?(&value, createOptions, context)
        let proposal: UpdateProposal
        do throws(Status) {
            try beforeCreate(&value, context: context)
            try await validate(.create, name: name, object: value, old: nil, dryRun: options.dryRun, context: context)
            let ttl = try configuration.timeToLive?(value, 0, false)
            proposal = UpdateProposal(bytes: try codec.encode(value), ttl: ttl)
        } catch {
            await finish?(false)
            throw error
        }
        await finish?(true)
        return proposal
    }

    /// One attempt to change an existing object.
    private func changed(
        _ existing: StoredObject, name: String, by object: UpdatedObject, options: UpdateOptions, context: RequestContext
    ) async throws -> UpdateProposal {
        let old = try codec.decode(existing)
        var new = try codec.decodeRequest(try await object.transform(try codec.json(existing)))
        try matchName(&new, name: name)
        try checkVersion(of: &new, against: existing)
        let finish = try await configuration.hooks.beginUpdate?(&new, old, options, context)
        let proposal: UpdateProposal?
        do throws(Status) {
            proposal = try await self.proposal(&new, old: old, options: options, context: context)
        } catch {
            await finish?(false)
            throw error
        }
        await finish?(proposal != nil)
        guard let proposal else { throw LastFinalizerRemoved(value: new) }
        return proposal
    }

    /// What to write; nil when the object is to be removed instead.
    private func proposal(
        _ new: inout Value, old: Value, options: UpdateOptions, context: RequestContext
    ) async throws(Status) -> UpdateProposal? {
        try beforeUpdate(&new, old: old, context: context)
        keepManagedFieldTimes(&new, old: old)
        try await validate(.update, name: old.metadata.name, object: new, old: old, dryRun: options.dryRun, context: context)
        if shouldRemove(new, old: old) { return nil }
        // The present ttl isn't known here: as upstream, 0 keeps the object without a lease and anything else takes a new one.
        let ttl = try configuration.timeToLive?(new, 0, true)
        return UpdateProposal(bytes: try codec.encode(new), ttl: ttl)
    }

    /// Fills in the URL's name; another one in the object would be stored under the wrong key.
    private func matchName(_ value: inout Value, name: String) throws(Status) {
        if value.metadata.name.isEmpty {
            value.metadata.name = name
        } else if value.metadata.name != name {
            throw Status.badRequest("the name of the object (\(value.metadata.name)) does not match the name on the URL (\(name))")
        }
    }

    /// Holds the client to the version it has seen, or fills in the newest where it needn't have seen any.
    private func checkVersion(of new: inout Value, against existing: StoredObject) throws(Status) {
        guard let version = ResourceVersion(parsing: new.metadata.resourceVersion) else {
            throw Status.badRequest("metadata.resourceVersion: \"\(new.metadata.resourceVersion)\" is not a resource version")
        }
        if version.isZero {
            guard configuration.updateStrategy.allowsUnconditionalUpdate else {
                let error = FieldError.invalid("metadata.resourceVersion", 0, "must be specified for an update")
                throw Status.invalid(kind: resource.kind, name: new.metadata.name, errors: [error])
            }
            new.metadata.resourceVersion = existing.resourceVersion.description
        } else if version != existing.resourceVersion {
            throw Status.conflict(
                groupResource, name: new.metadata.name,
                message: "the object has been modified; please apply your changes to the latest version and try again")
        }
    }

    private func shouldRemove(_ new: Value, old: Value) -> Bool {
        guard new.metadata.finalizers.isEmpty, old.metadata.deletionTimestamp != nil, (old.metadata.deletionGracePeriodSeconds ?? 0) == 0 else {
            return false
        }
        return configuration.hooks.shouldDeleteDuringUpdate?(new, old) ?? true
    }

    /// Removes an object whose last finalizer is gone. Another request may have done so already; the client is answered with its own object.
    private func remove(
        _ value: Value, key: String, preconditions: Preconditions?, options: UpdateOptions
    ) async throws(Status) -> UpdateResult {
        let uid = value.metadata.uid
        var last = StoredObject(
            key: key, bytes: try codec.encode(value), resourceVersion: ResourceVersion(parsing: value.metadata.resourceVersion) ?? .zero)
        let answer = last
        do throws(StorageError) {
            last = try await storage.delete(key, preconditions: preconditions, suggestion: nil, dryRun: options.dryRun) { object in
                // Somebody was quicker, and the name has a new owner, whom this request isn't about.
                if try object.metadata().uid != uid { throw AlreadyRemoved() }
            }
        } catch  where error.code == .keyNotFound || error.cause is AlreadyRemoved {
            // Gone all the same.
        } catch {
            throw Status(interpreting: error, operation: .delete, resource: groupResource, name: value.metadata.name)
        }
        _ = try await finishDelete(last, options: DeleteOptions(dryRun: options.dryRun))
        return UpdateResult(object: try decorated(answer), created: false)
    }

    private func finished(_ stored: StoredObject, created: Bool, options: UpdateOptions) async throws(Status) -> StoredObject {
        let hooks = configuration.hooks
        guard created ? hooks.afterCreate != nil : hooks.afterUpdate != nil else { return try decorated(stored) }
        var result = try codec.decode(stored)
        if created {
            await hooks.afterCreate?(&result, CreateOptions(dryRun: options.dryRun, fieldManager: options.fieldManager))
        } else {
            await hooks.afterUpdate?(&result, options)
        }
        return try decorated(codec.reencode(result, like: stored))
    }

    /// A difference in nothing but the times of managed fields is no change.
    private func keepManagedFieldTimes(_ new: inout Value, old: Value) {
        guard new.metadata.managedFields != old.metadata.managedFields else { return }
        func withoutTimes(_ value: Value) -> [JSONValue] {
            value.metadata.managedFields.map { entry in
                var entry = entry
                entry["time"] = nil
                return entry
            }
        }
        guard withoutTimes(new) == withoutTimes(old) else { return }
        var candidate = new
        candidate.metadata.managedFields = old.metadata.managedFields
        candidate.metadata.resourceVersion = old.metadata.resourceVersion
        if candidate.json() == old.json() { new.metadata.managedFields = old.metadata.managedFields }
    }
}

/// Leaves the storage's update without a write: the object, as the client wanted it, is to be removed.
private struct LastFinalizerRemoved<Value: APIResource>: Error {
    let value: Value
}

/// Leaves the storage's delete without a removal.
private struct AlreadyRemoved: Error {}
