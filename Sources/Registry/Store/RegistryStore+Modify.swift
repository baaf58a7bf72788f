//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Storage

extension RegistryStore {
    /// Changes a stored object as it stands: no strategy, hook, admission or validation is asked. For REST storages that build verbs of
    /// their own on the store, such as the deletion of namespaces.
    ///
    /// Atomic like ``update(_:object:options:context:)``; `change` may be called again when somebody else wrote meanwhile.
    /// - Throws: 404; 409 when a precondition isn't met; what `change` throws.
    public func modify(
        _ name: String, preconditions: Preconditions? = nil, dryRun: Bool = false, context: RequestContext,
        change: @Sendable (inout Value) async throws(Status) -> Void
    ) async throws(Status) -> StoredObject {
        let key = try key(name: name, context: context)
        do throws(StorageError) {
            return try await storage.guaranteedUpdate(
                key, ignoreNotFound: false, preconditions: preconditions, suggestion: nil, dryRun: dryRun
            ) { existing in
                guard let existing else { throw StorageError(.keyNotFound, key: key) }
                var value = try self.codec.decode(existing)
                try await change(&value)
                return UpdateProposal(bytes: try self.codec.encode(value))
            }
        } catch {
            throw Status(interpreting: error, operation: .update, resource: groupResource, name: name)
        }
    }

    /// Asks admission whether an object may be deleted, for REST storages whose deletion isn't this store's alone.
    public func admitDelete(_ name: String, options: DeleteOptions, context: RequestContext) async throws(Status) {
        try await admit(.delete, name: name, object: nil, dryRun: options.dryRun, context: context)
    }

    /// Reads and decodes an object.
    public func value(_ name: String, options: GetOptions = GetOptions(), context: RequestContext) async throws(Status) -> Value {
        try decode(try await get(name, options: options, context: context))
    }

    /// Decodes an object that this store returned.
    public func decode(_ object: StoredObject) throws(Status) -> Value {
        try codec.decode(object)
    }
}
