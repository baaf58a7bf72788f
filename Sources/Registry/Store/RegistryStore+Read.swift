//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Storage

extension RegistryStore {
    /// Reads the object of a name in the request's namespace.
    /// - Throws: 404; 400 for a bad name; 504 when ``GetOptions/resourceVersion`` isn't reached.
    public func get(_ name: String, options: GetOptions, context: RequestContext) async throws(Status) -> StoredObject {
        let key = try key(name: name, context: context)
        do throws(StorageError) {
            guard let object = try await storage.underlying.get(key, options: options) else { throw StorageError(.keyNotFound, key: key) }
            return try decoratedOrCorrupt(object)
        } catch {
            throw Status(
                interpreting: error, operation: .get, resource: groupResource, name: name, requested: options.resourceVersion)
        }
    }

    /// Lists what is selected, in the request's namespace or in all. A selector that pins the name reads that key alone.
    public func list(options: ResourceListOptions, context: RequestContext) async throws(Status) -> StorageList {
        let (key, options) = resolve(options, context: context)
        do throws(StorageError) {
            var list = try await storage.underlying.list(key, options: options)
            if configuration.hooks.decorate != nil {
                for index in list.items.indices { list.items[index] = try decoratedOrCorrupt(list.items[index]) }
            }
            return list
        } catch {
            throw Status(interpreting: error, operation: .list, resource: groupResource, requested: options.resourceVersion)
        }
    }

    /// Watches what is selected, in the request's namespace or in all. A selector that pins the name watches that key alone.
    public func watch(options: ResourceListOptions, context: RequestContext) async throws(Status) -> WatchStream {
        let (key, options) = resolve(options, context: context)
        do throws(StorageError) {
            let stream = try await storage.underlying.watch(key, options: options)
            guard configuration.hooks.decorate != nil else { return stream }
            return WatchStream(source: DecoratedWatch(stream) { [self] object throws(StorageError) in try decoratedOrCorrupt(object) })
        } catch {
            throw Status(interpreting: error, operation: .watch, resource: groupResource, requested: options.resourceVersion)
        }
    }

    /// Turns a request's options into the key to read and the storage's options.
    private func resolve(_ request: ResourceListOptions, context: RequestContext) -> (key: String, options: ListOptions) {
        let predicate = SelectionPredicate(
            labels: request.labelSelector, fields: request.fieldSelector, attributes: configuration.attributes, limit: request.limit,
            continueToken: request.continueToken, allowWatchBookmarks: request.allowWatchBookmarks)
        var options = ListOptions(
            resourceVersion: request.resourceVersion, match: request.resourceVersionMatch, predicate: predicate, recursive: true,
            sendInitialEvents: request.sendInitialEvents)
        var context = context
        if resource.namespaced, (context.namespace ?? "").isEmpty, let namespace = predicate.singleNamespace,
            NameValidation.pathSegment(namespace).isEmpty
        {
            context.namespace = namespace
        }
        guard let name = predicate.singleName else { return (listKey(namespace: context.namespace), options) }
        do throws(Status) {
            let key = try key(name: name, context: context)
            options.recursive = false
            return (key, options)
        } catch {
            // A pinned name without a namespace, or one that can't be in a key: the selector goes through all.
            return (listKey(namespace: context.namespace), options)
        }
    }

    private func decoratedOrCorrupt(_ object: StoredObject) throws(StorageError) -> StoredObject {
        do {
            return try decorated(object)
        } catch {
            throw StorageError(.corruptObject, key: object.key, cause: error)
        }
    }
}

/// Applies a decorator to every object of a watch; bookmarks and failures pass through.
final class DecoratedWatch: WatchSource {
    private let stream: WatchStream
    private let decorate: @Sendable (StoredObject) throws(StorageError) -> StoredObject

    init(_ stream: WatchStream, decorate: @escaping @Sendable (StoredObject) throws(StorageError) -> StoredObject) {
        self.stream = stream
        self.decorate = decorate
    }

    func nextBatch() async -> [WatchEvent] {
        var batch = await stream.nextBatch()
        for index in batch.indices {
            guard case .change(let change) = batch[index] else { continue }
            do throws(StorageError) {
                // The shared encodings are those of the object as it is stored, so this watch needs its own.
                batch[index] = .change(WatchChange(kind: change.kind, object: try decorate(change.object)))
            } catch {
                stream.cancel()
                return Array(batch[..<index]) + [.failure(error)]
            }
        }
        return batch
    }

    func cancel() { stream.cancel() }
}
