//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Storage

/// Serves the `status` subresource over the same objects as the resource itself.
///
/// Reads give the whole object. Updates go through the strategy given here, and never create.
public struct StatusREST<Value: APIResource>: Getter, Updater, FieldResetter, TableConvertor {
    private let store: RegistryStore<Value>

    /// Shares a resource's objects.
    /// - Parameter strategy: keeps everything but the status as it was.
    public init(store: RegistryStore<Value>, strategy: some UpdateStrategy<Value>) {
        self.store = store.with(updateStrategy: strategy)
    }

    /// That of the resource.
    public var resource: ResourceDescription { store.resource }
    /// Those of the strategy.
    public var resetFields: FieldSet { store.resetFields }
    /// Those of the resource.
    public var tableColumns: [TableColumn] { store.tableColumns }

    /// Reads the whole object.
    public func get(_ name: String, options: GetOptions, context: RequestContext) async throws(Status) -> StoredObject {
        try await store.get(name, options: options, context: context)
    }

    /// Changes the status; a missing object stays missing, whatever the options say.
    public func update(
        _ name: String, object: UpdatedObject, options: UpdateOptions, context: RequestContext
    ) async throws(Status) -> UpdateResult {
        var options = options
        options.forceAllowCreate = false
        return try await store.update(name, object: object, options: options, context: context)
    }

    /// The cells of the whole object.
    public func tableCells(for object: StoredObject) throws(Status) -> [JSONValue] {
        try store.tableCells(for: object)
    }
}
