//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Registry
public import Storage

/// Serves namespaces: all the verbs but `deletecollection`, with a deletion in two steps.
///
/// The first delete marks the namespace as terminating. When its contents are gone, whoever emptied it takes its finalizer away through
/// ``NamespaceFinalizeREST``, and the namespace goes.
///
/// Source of the rule: upstream registry/core/namespace/storage.
public struct NamespaceREST: Getter, Lister, Watcher, Creater, Updater, FieldResetter, GracefulDeleter, UnreadableDeleter,
    TableConvertor
{
    let store: RegistryStore<Namespace>

    init(store: RegistryStore<Namespace>) {
        self.store = store
    }

    /// Names, scope and shape.
    public var resource: ResourceDescription { store.resource }
    /// Those of the strategy.
    public var resetFields: FieldSet { store.resetFields }
    /// The columns of the server-side table.
    public var tableColumns: [TableColumn] { store.tableColumns }

    /// Reads a namespace.
    public func get(_ name: String, options: GetOptions, context: RequestContext) async throws(Status) -> StoredObject {
        try await store.get(name, options: options, context: context)
    }

    /// Lists namespaces.
    public func list(options: ResourceListOptions, context: RequestContext) async throws(Status) -> StorageList {
        try await store.list(options: options, context: context)
    }

    /// Watches namespaces.
    public func watch(options: ResourceListOptions, context: RequestContext) async throws(Status) -> WatchStream {
        try await store.watch(options: options, context: context)
    }

    /// Adds a namespace.
    public func create(_ object: JSONValue, options: CreateOptions, context: RequestContext) async throws(Status) -> StoredObject {
        try await store.create(object, options: options, context: context)
    }

    /// Changes a namespace's metadata; finalizers and status stay.
    public func update(
        _ name: String, object: UpdatedObject, options: UpdateOptions, context: RequestContext
    ) async throws(Status) -> UpdateResult {
        try await store.update(name, object: object, options: options, context: context)
    }

    /// Marks a namespace as terminating; removes it when nothing holds it any more.
    public func delete(_ name: String, options: DeleteOptions, context: RequestContext) async throws(Status) -> DeleteResult {
        try await store.admitDelete(name, options: options, context: context)
        let existing = try await store.get(name, options: GetOptions(), context: context)
        let namespace = try store.decode(existing)
        var options = options
        try Self.pin(&options, to: namespace)
        if namespace.metadata.deletionTimestamp == nil {
            let dropsOrphanFinalizer = options.orphanDependents == false
            let marked = try await store.modify(name, preconditions: options.preconditions, dryRun: options.dryRun, context: context) { namespace in
                if namespace.metadata.deletionTimestamp == nil { namespace.metadata.deletionTimestamp = .now }
                namespace.status.phase = Namespace.terminatingPhase
                if dropsOrphanFinalizer { namespace.metadata.finalizers.removeAll { $0 == "orphan" } }
            }
            return .object(marked, deleted: false)
        }
        guard namespace.spec.finalizers.isEmpty else { return .object(existing, deleted: false) }
        return try await store.delete(name, options: options, context: context)
    }

    /// Removes a namespace that can't be read, without emptying it.
    public func deleteUnreadable(_ name: String, dryRun: Bool, context: RequestContext) async throws(Status) {
        try await store.deleteUnreadable(name, dryRun: dryRun, context: context)
    }

    /// The cells of one namespace.
    public func tableCells(for object: StoredObject) throws(Status) -> [JSONValue] {
        try store.tableCells(for: object)
    }

    /// Ties the deletion to the namespace that was read, so that a namesake is never marked.
    private static func pin(_ options: inout DeleteOptions, to namespace: Namespace) throws(Status) {
        var preconditions = options.preconditions ?? Preconditions()
        if let uid = preconditions.uid, uid != namespace.metadata.uid {
            throw .conflict(
                GroupResource(group: "", resource: "namespaces"), name: namespace.metadata.name,
                message: "Precondition failed: UID in precondition: \(uid), UID in object meta: \(namespace.metadata.uid)")
        }
        preconditions.uid = namespace.metadata.uid
        options.preconditions = preconditions
    }
}

/// Serves `namespaces/finalize`: removes finalizers of the namespace itself, and with the last one the terminating namespace.
public struct NamespaceFinalizeREST: Updater, FieldResetter {
    private let store: RegistryStore<Namespace>

    init(store: RegistryStore<Namespace>) {
        self.store = store.with(updateStrategy: NamespaceFinalizeStrategy())
    }

    /// Names, scope and shape.
    public var resource: ResourceDescription { store.resource }
    /// Those of the strategy.
    public var resetFields: FieldSet { store.resetFields }

    /// Changes `spec.finalizers`.
    public func update(
        _ name: String, object: UpdatedObject, options: UpdateOptions, context: RequestContext
    ) async throws(Status) -> UpdateResult {
        var options = options
        options.forceAllowCreate = false
        return try await store.update(name, object: object, options: options, context: context)
    }
}
