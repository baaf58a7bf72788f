//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Storage

/// What serves one resource, or one subresource, of an API.
///
/// A server finds out what a resource can do by asking which of the protocols below it conforms to; its verbs in discovery follow from that.
///
/// Source of the rule: upstream registry/rest.
public protocol RESTStorage: Sendable {
    /// Names and shape.
    var resource: ResourceDescription { get }
}

/// Reads one object: the verb `get`.
public protocol Getter: RESTStorage {
    /// Reads the object of a name. Throws 404, 400 for a bad name, 504 when `resourceVersion` isn't reached.
    func get(_ name: String, options: GetOptions, context: RequestContext) async throws(Status) -> StoredObject
}

/// Reads many: the verb `list`.
public protocol Lister: RESTStorage {
    /// Lists what is selected, in the request's namespace or in all.
    func list(options: ResourceListOptions, context: RequestContext) async throws(Status) -> StorageList
}

/// Follows changes: the verb `watch`.
public protocol Watcher: RESTStorage {
    /// Watches what is selected.
    func watch(options: ResourceListOptions, context: RequestContext) async throws(Status) -> WatchStream
}

/// Adds objects: the verb `create`.
public protocol Creater: RESTStorage {
    /// Adds an object. `object` has been decoded and defaulted. Throws 409 when it exists, 422 when it isn't valid.
    func create(_ object: JSONValue, options: CreateOptions, context: RequestContext) async throws(Status) -> StoredObject
}

/// Changes objects: the verbs `update` and `patch`.
public protocol Updater: RESTStorage {
    /// Changes the object of a name to what `object` makes of it.
    func update(_ name: String, object: UpdatedObject, options: UpdateOptions, context: RequestContext) async throws(Status) -> UpdateResult
}

/// Knows which fields its writes leave as they are, whatever a client sends.
public protocol FieldResetter: RESTStorage {
    /// These fields, with everything below them: the server doesn't note that clients manage them.
    var resetFields: FieldSet { get }
}

/// Removes objects: the verb `delete`.
public protocol GracefulDeleter: RESTStorage {
    /// Removes an object, or marks it for removal when finalizers or a grace period hold it.
    func delete(_ name: String, options: DeleteOptions, context: RequestContext) async throws(Status) -> DeleteResult
}

/// Removes objects that can't be read: the verb `delete` with ``DeleteOptions/ignoresStoreReadError``, for those who may do
/// `unsafe-delete-ignore-read-errors`.
public protocol UnreadableDeleter: RESTStorage {
    /// Removes an object that can't be read, and no other. Nothing of it is checked: no precondition, no finalizer, no admission; no hook is called.
    ///
    /// Throws 404; 409 when the object can be read after all.
    ///
    /// Source of the rule: upstream registry's corruptObjectDeleter.
    func deleteUnreadable(_ name: String, dryRun: Bool, context: RequestContext) async throws(Status)
}

/// Removes many: the verb `deletecollection`.
public protocol CollectionDeleter: RESTStorage {
    /// Removes all that is selected, one by one. Returns them as they were listed.
    func deleteCollection(options: DeleteOptions, list: ResourceListOptions, context: RequestContext) async throws(Status) -> StorageList
}

/// Shows objects as rows for people: the server side of `kubectl get`.
public protocol TableConvertor: RESTStorage {
    /// The columns.
    var tableColumns: [TableColumn] { get }
    /// The cells of one object, one a column.
    func tableCells(for object: StoredObject) throws(Status) -> [JSONValue]
}

/// All the verbs that a stored resource has.
public typealias StandardStorage = Getter & Lister & Watcher & Creater & Updater & GracefulDeleter & CollectionDeleter
    & TableConvertor

/// A column of a server-side table.
public struct TableColumn: Sendable, Hashable {
    /// The heading.
    public var name: String
    /// `string`, `integer`, `number`, `boolean` or `date`.
    public var type: String
    /// `name` for the column that holds the object's name.
    public var format: String
    /// For a person.
    public var description: String
    /// 0 is always shown; above that only in wide output.
    public var priority: Int

    /// A column.
    public init(name: String, type: String = "string", format: String = "", description: String, priority: Int = 0) {
        self.name = name
        self.type = type
        self.format = format
        self.description = description
        self.priority = priority
    }
}

/// A changed object, made from the one that exists at the moment of writing.
public struct UpdatedObject: Sendable {
    /// What must hold of the existing object.
    public var preconditions: Preconditions?
    /// Makes the new object. Gets the existing one with its `resourceVersion` (nil when there is none); may be called again when somebody else
    /// wrote meanwhile, so it must have no side effects.
    public var transform: @Sendable (_ existing: JSONValue?) async throws(Status) -> JSONValue

    /// A change.
    public init(preconditions: Preconditions? = nil, transform: @escaping @Sendable (_ existing: JSONValue?) async throws(Status) -> JSONValue) {
        self.preconditions = preconditions
        self.transform = transform
    }
}

/// What an update did.
public struct UpdateResult: Sendable {
    /// The object as it is now.
    public var object: StoredObject
    /// It didn't exist before.
    public var created: Bool

    /// A result.
    public init(object: StoredObject, created: Bool) {
        self.object = object
        self.created = created
    }
}

/// What a delete did.
public enum DeleteResult: Sendable {
    /// The object is gone; the status says which.
    case status(Status)
    /// The object as it is, or was. `deleted` is false when something (a finalizer, a grace period) still holds it.
    case object(StoredObject, deleted: Bool)
}
