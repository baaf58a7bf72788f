//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Storage

/// What a ``RegistryStore`` needs to know about the resource that it serves.
public struct RegistryStoreConfiguration<Value: APIResource>: Sendable {
    /// Names, scope and shape.
    public var resource: ResourceDescription
    /// The key that all objects are below, such as `/deployments`.
    public var keyRoot: String
    /// What the kind adds to creation.
    public var createStrategy: any CreateStrategy<Value>
    /// What the kind adds to changes.
    public var updateStrategy: any UpdateStrategy<Value>
    /// What the kind adds to deletion.
    public var deleteStrategy: any DeleteStrategy<Value>
    /// Functions around the writes.
    public var hooks: RegistryHooks<Value>
    /// Asked before writes.
    public var admission: [any AdmissionPlugin]
    /// How selectors read an object.
    public var attributes: SelectionPredicate.AttributesFunction
    /// Seconds an object lives; 0 for ever. Gets the present ttl (0 when unknown) and whether this is an update. Throwing aborts the write.
    public var timeToLive: (@Sendable (_ object: Value, _ existing: Int, _ isUpdate: Bool) throws(Status) -> Int)?
    /// A delete answers with the object instead of a `Status`.
    public var returnsDeletedObject: Bool
    /// Deletes put the garbage collector's finalizers on objects.
    public var enablesGarbageCollection: Bool
    /// How many objects ``RegistryStore/deleteCollection(options:list:context:)`` deletes at a time.
    public var deleteCollectionWorkers: Int
    /// The server-side table.
    public var table: TableConversion<Value>

    /// Ties a strategy to a resource.
    /// - Parameter keyRoot: below the store's prefix; begins with a slash and has something behind it.
    public init(
        resource: ResourceDescription, keyRoot: String, strategy: some Strategy<Value>, hooks: RegistryHooks<Value> = .init(),
        admission: [any AdmissionPlugin] = [], attributes: @escaping SelectionPredicate.AttributesFunction = SelectionPredicate.metadataAttributes,
        timeToLive: (@Sendable (_ object: Value, _ existing: Int, _ isUpdate: Bool) throws(Status) -> Int)? = nil,
        returnsDeletedObject: Bool = false, enablesGarbageCollection: Bool = true, deleteCollectionWorkers: Int = 1,
        table: TableConversion<Value> = .default
    ) {
        precondition(keyRoot.count > 1 && keyRoot.hasPrefix("/"), "a key root must look like \"/deployments\", not \"\(keyRoot)\"")
        self.resource = resource
        self.keyRoot = keyRoot.hasSuffix("/") ? String(keyRoot.dropLast()) : keyRoot
        createStrategy = strategy
        updateStrategy = strategy
        deleteStrategy = strategy
        self.hooks = hooks
        self.admission = admission
        self.attributes = attributes
        self.timeToLive = timeToLive
        self.returnsDeletedObject = returnsDeletedObject
        self.enablesGarbageCollection = enablesGarbageCollection
        self.deleteCollectionWorkers = deleteCollectionWorkers
        self.table = table
    }
}

/// How objects of a kind become rows.
public struct TableConversion<Value: APIResource>: Sendable {
    /// The columns.
    public var columns: [TableColumn]
    /// The cells of one object, one a column.
    public var cells: @Sendable (Value) -> [JSONValue]

    /// A conversion.
    public init(columns: [TableColumn], cells: @escaping @Sendable (Value) -> [JSONValue]) {
        self.columns = columns
        self.cells = cells
    }

    /// Name and time of creation.
    public static var `default`: TableConversion {
        TableConversion(
            columns: [
                TableColumn(name: "Name", format: "name", description: "The object's name, unique among its kind in its namespace."),
                TableColumn(name: "Created At", type: "date", description: "When the server created the object, in UTC."),
            ]
        ) { object in
            [.string(object.metadata.name), object.metadata.creationTimestamp.map { .string($0.description) } ?? .null]
        }
    }
}
