//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry
import Storage
import Synchronization

/// Gadgets in memory: just enough of a registry to see what the server hands down and what it makes of the answers. The rules of a real registry are
/// tested over the real stack.
final class Gadgets: StandardStorage {
    private struct State {
        var revision: UInt64 = 4
        var objects: [String: StoredObject] = [:]
        var watchers: [WatchMailbox] = []
        var received = Received()
    }

    /// What the server asked for last.
    struct Received: Sendable {
        var get: GetOptions?
        var list: ResourceListOptions?
        var watch: ResourceListOptions?
        var create: (object: JSONValue, options: CreateOptions)?
        var update: (object: JSONValue, options: UpdateOptions, preconditions: Preconditions?)?
        var delete: DeleteOptions?
        var context: RequestContext?
    }

    static let schema = ObjectSchema(
        "com.example.samples.v1.Gadget",
        fields: [
            .init("kind", .string()), .init("apiVersion", .string()), .init("metadata", .any),
            .init(
                "spec",
                .object(
                    ObjectSchema(
                        "com.example.samples.v1.GadgetSpec",
                        fields: [
                            .init("replicas", .int32, .omitAbsent, default: 1), .init("title", .string()), .init("tags", .array(.string(), .set)),
                        ]
                    ))),
            .init("status", .object(ObjectSchema("com.example.samples.v1.GadgetStatus", fields: [.init("replicas", .int32)]))),
        ])

    static let groupVersion = GroupVersion(group: "samples.example.com", version: "v1")

    let resource = ResourceDescription(
        kind: GroupVersionKind(groupVersion: Gadgets.groupVersion, kind: "Gadget"), plural: "gadgets", shortNames: ["gd"], categories: ["all"],
        namespaced: true, schema: Gadgets.schema, selectableFields: ["spec.title"])
    private let state = Mutex(State())

    var received: Received { state.withLock { $0.received } }

    /// Puts an object there, and tells watchers.
    @discardableResult
    func store(_ name: String, namespace: String = "demo", spec: String = #"{"replicas":1}"#) -> StoredObject {
        let text =
            #"{"kind":"Gadget","apiVersion":"samples.example.com/v1","metadata":{"name":"\#(name)","namespace":"\#(namespace)","#
            + #""uid":"uid-\#(name)","creationTimestamp":"2026-11-23T07:29:24Z"},"spec":\#(spec)}"# + "\n"
        return put(Array(text.utf8), name: name)
    }

    private func put(_ bytes: [UInt8], name: String) -> StoredObject {
        let (object, isNew, watchers) = state.withLock { state in
            state.revision += 1
            let key = "/gadgets/demo/\(name)"
            let object = StoredObject(key: key, bytes: bytes, resourceVersion: ResourceVersion(state.revision))
            let isNew = state.objects.updateValue(object, forKey: name) == nil
            return (object, isNew, state.watchers)
        }
        let change = WatchChange(kind: isNew ? .added : .modified, object: object)
        for watcher in watchers { _ = watcher.offer([.change(change)]) }
        return object
    }

    /// Sends events to all watchers.
    func send(_ events: [WatchEvent]) {
        for watcher in state.withLock({ $0.watchers }) { _ = watcher.offer(events) }
    }

    /// How many watches are open.
    var watcherCount: Int { state.withLock { $0.watchers.count } }

    func get(_ name: String, options: GetOptions, context: RequestContext) async throws(Status) -> StoredObject {
        note {
            $0.get = options; $0.context = context
        }
        return try object(name)
    }

    func list(options: ResourceListOptions, context: RequestContext) async throws(Status) -> StorageList {
        note {
            $0.list = options; $0.context = context
        }
        return state.withLock { state in
            StorageList(
                items: state.objects.values.sorted { $0.key < $1.key }, resourceVersion: ResourceVersion(state.revision))
        }
    }

    func watch(options: ResourceListOptions, context: RequestContext) async throws(Status) -> WatchStream {
        note {
            $0.watch = options; $0.context = context
        }
        let id = Mutex<ObjectIdentifier?>(nil)
        let mailbox = WatchMailbox { [weak self] in
            guard let id = id.withLock({ $0 }) else { return }
            self?.state.withLock { state in state.watchers.removeAll { ObjectIdentifier($0) == id } }
        }
        id.withLock { $0 = ObjectIdentifier(mailbox) }
        let present = state.withLock { state in
            state.watchers.append(mailbox)
            return state.objects.values.sorted { $0.key < $1.key }
        }
        if options.sendInitialEvents == true {
            _ = mailbox.offer(present.map { .change(WatchChange(kind: .added, object: $0)) })
            if options.allowWatchBookmarks { _ = mailbox.offer([.bookmark(ResourceVersion(11), endsInitialEvents: true)]) }
        }
        return WatchStream(source: mailbox)
    }

    func create(_ object: JSONValue, options: CreateOptions, context: RequestContext) async throws(Status) -> StoredObject {
        note {
            $0.create = (object, options); $0.context = context
        }
        let name = object["metadata"]?["name"]?.stringValue ?? ""
        if state.withLock({ $0.objects[name] }) != nil { throw .alreadyExists(resource.groupResource, name: name) }
        return put(object.serialized() + [UInt8(ascii: "\n")], name: name)
    }

    func update(
        _ name: String, object: UpdatedObject, options: UpdateOptions, context: RequestContext
    ) async throws(Status) -> UpdateResult {
        note { $0.context = context }
        let existing = state.withLock { $0.objects[name] }
        let current: JSONValue?
        do {
            current = try existing?.value()
        } catch {
            throw .internalError("\(error)")
        }
        var changed = try await object.transform(current)
        note { $0.update = (changed, options, object.preconditions) }
        changed["metadata"]?["resourceVersion"] = nil
        return UpdateResult(object: put(changed.serialized() + [UInt8(ascii: "\n")], name: name), created: existing == nil)
    }

    func delete(_ name: String, options: DeleteOptions, context: RequestContext) async throws(Status) -> DeleteResult {
        note {
            $0.delete = options; $0.context = context
        }
        let existing = try object(name)
        if options.orphanDependents == false { return .object(existing, deleted: false) }
        state.withLock { $0.objects[name] = nil }
        return .status(
            .success(details: .init(name: name, group: resource.kind.group, kind: resource.plural, uid: "uid-\(name)")))
    }

    func deleteCollection(options: DeleteOptions, list: ResourceListOptions, context: RequestContext) async throws(Status) -> StorageList {
        note {
            $0.delete = options; $0.list = list
        }
        return state.withLock { state in
            defer { state.objects = [:] }
            return StorageList(items: state.objects.values.sorted { $0.key < $1.key }, resourceVersion: ResourceVersion(state.revision))
        }
    }

    let tableColumns = [
        TableColumn(name: "Name", format: "name", description: "The name."),
        TableColumn(name: "Replicas", type: "integer", description: "How many."),
    ]

    func tableCells(for object: StoredObject) throws(Status) -> [JSONValue] {
        do {
            let value = try object.value()
            return [value["metadata"]?["name"] ?? .null, value["spec"]?["replicas"] ?? .null]
        } catch {
            throw .internalError("\(error)")
        }
    }

    private func object(_ name: String) throws(Status) -> StoredObject {
        guard let object = state.withLock({ $0.objects[name] }) else { throw .notFound(resource.groupResource, name: name) }
        return object
    }

    private func note(_ change: (inout Received) -> Void) {
        state.withLock { change(&$0.received) }
    }
}

/// The `status` of gadgets: can be read and changed, and nothing else.
struct GadgetStatus: Getter, Updater {
    let gadgets: Gadgets
    var resource: ResourceDescription { gadgets.resource }

    func get(_ name: String, options: GetOptions, context: RequestContext) async throws(Status) -> StoredObject {
        try await gadgets.get(name, options: options, context: context)
    }

    func update(
        _ name: String, object: UpdatedObject, options: UpdateOptions, context: RequestContext
    ) async throws(Status) -> UpdateResult {
        try await gadgets.update(name, object: object, options: options, context: context)
    }
}

/// A subresource whose kind belongs to another group.
struct GadgetScale: Getter, Updater {
    let gadgets: Gadgets
    let resource = ResourceDescription(
        kind: GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale"), plural: "gadgets", namespaced: true)

    func get(_ name: String, options: GetOptions, context: RequestContext) async throws(Status) -> StoredObject {
        try await gadgets.get(name, options: options, context: context)
    }

    func update(
        _ name: String, object: UpdatedObject, options: UpdateOptions, context: RequestContext
    ) async throws(Status) -> UpdateResult {
        try await gadgets.update(name, object: object, options: options, context: context)
    }
}

/// Cluster-scoped, and can only be read.
struct Planets: Getter, Lister {
    let resource = ResourceDescription(
        kind: GroupVersionKind(group: "", version: "v1", kind: "Planet"), plural: "planets", namespaced: false)

    func get(_ name: String, options: GetOptions, context: RequestContext) async throws(Status) -> StoredObject {
        throw .notFound(resource.groupResource, name: name)
    }

    func list(options: ResourceListOptions, context: RequestContext) async throws(Status) -> StorageList {
        StorageList(items: [], resourceVersion: ResourceVersion(7))
    }
}
