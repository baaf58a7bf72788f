//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Logging
public import Registry
public import ServiceLifecycle
import Storage
import Synchronization

/// What a namespace can hold: a resource whose objects can be listed, followed and removed together.
public typealias NamespaceContent = CollectionDeleter & Lister & Watcher

/// Empties namespaces that are being deleted, then lets them go.
///
/// It follows the namespaces, and for each terminating one deletes the objects of every registered resource, waits until the last one's finalizers are
/// gone, and takes the namespace's own finalizer away. What fails is tried again, with growing pauses, for as long as the service runs; after a restart it
/// goes on with what is left. Several servers may run it at once.
///
/// Source of the rule: upstream controller/namespace.
public final class NamespaceController: Service {
    private let namespaces: RegistryStore<Namespace>
    private let finalizer: NamespaceFinalizeREST
    private let logger: Logger
    private let contents = Mutex<[any NamespaceContent]>([])
    /// UIDs of namespaces that are being emptied.
    private let running = Mutex<Set<String>>([])

    init(namespaces: RegistryStore<Namespace>, finalizer: NamespaceFinalizeREST, logger: Logger) {
        self.namespaces = namespaces
        self.finalizer = finalizer
        self.logger = logger
    }

    /// Adds a resource whose objects are to go with their namespace. Cluster-scoped ones are passed over. May be called at any time.
    public func register(_ content: any NamespaceContent) {
        guard content.resource.namespaced else { return }
        contents.withLock { $0.append(content) }
    }

    /// Works until the task is cancelled or the service is shut down gracefully.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                var pause = Backoff()
                while !Task.isCancelled {
                    do throws(Status) {
                        try await self.follow(in: &group)
                        pause.reset()
                    } catch {
                        // A store that is still starting is no news.
                        let level: Logger.Level = error.reason == .tooManyRequests ? .debug : .warning
                        self.logger.log(level: level, "can't follow the namespaces", metadata: ["error": "\(error.message)"])
                    }
                    await pause.wait()
                }
            }
        }
    }

    /// Looks at all namespaces, then at every change of one, until the watch ends.
    private func follow(in group: inout DiscardingTaskGroup) async throws(Status) {
        let context = context(namespace: nil)
        let list = try await namespaces.list(options: ResourceListOptions(), context: context)
        for object in list.items { consider(try namespaces.decode(object), in: &group) }
        var options = ResourceListOptions()
        options.resourceVersion = list.resourceVersion
        let watch = try await namespaces.watch(options: options, context: context)
        for await event in watch {
            switch event {
            case .change(let change) where change.kind != .deleted: consider(try namespaces.decode(change.object), in: &group)
            case .failure(let error): throw Status(interpreting: error, operation: .watch, resource: namespaces.resource.groupResource)
            default: continue
            }
        }
    }

    private func consider(_ namespace: Namespace, in group: inout DiscardingTaskGroup) {
        guard namespace.metadata.deletionTimestamp != nil, namespace.spec.finalizers.contains(Namespace.contentFinalizer) else { return }
        let name = namespace.metadata.name
        let uid = namespace.metadata.uid
        guard running.withLock({ $0.insert(uid).inserted }) else { return }
        group.addTask {
            await self.terminate(name, uid: uid)
            self.running.withLock { _ = $0.remove(uid) }
        }
    }

    /// Tries until the namespace has lost our finalizer, or is gone.
    private func terminate(_ name: String, uid: String) async {
        var pause = Backoff()
        while !Task.isCancelled {
            do throws(Status) {
                try await empty(name)
                try await release(name, uid: uid)
                return
            } catch  where error.reason == .notFound || error.reason == .conflict {
                // Gone, or another one of the same name by now.
                return
            } catch {
                logger.warning("can't empty a namespace yet", metadata: ["namespace": "\(name)", "error": "\(error.message)"])
            }
            await pause.wait()
        }
    }

    private func empty(_ name: String) async throws(Status) {
        let context = context(namespace: name)
        let contents = contents.withLock { $0 }
        // All are told to go before any is waited for: one may hold another.
        for content in contents {
            _ = try await content.deleteCollection(
                options: DeleteOptions(propagationPolicy: .background), list: ResourceListOptions(), context: context)
        }
        for content in contents {
            while try await !isEmpty(content, context: context) {
                _ = try await content.deleteCollection(
                    options: DeleteOptions(propagationPolicy: .background), list: ResourceListOptions(), context: context)
            }
        }
    }

    /// Whether nothing is left; waits first until what is left has gone, or something new has come.
    private func isEmpty(_ content: any NamespaceContent, context: RequestContext) async throws(Status) -> Bool {
        let left = try await content.list(options: ResourceListOptions(), context: context)
        var keys = Set(left.items.map(\.key))
        if keys.isEmpty { return true }
        guard !Task.isCancelled else { throw .timeout("the server is shutting down", retryAfterSeconds: 0) }
        var options = ResourceListOptions()
        options.resourceVersion = left.resourceVersion
        let watch = try await content.watch(options: options, context: context)
        for await event in watch {
            guard case .change(let change) = event else { continue }
            switch change.kind {
            case .deleted: keys.remove(change.object.key)
            case .added: return false
            case .modified: continue
            }
            if keys.isEmpty { return false }
        }
        guard !Task.isCancelled else { throw .timeout("the server is shutting down", retryAfterSeconds: 0) }
        return false
    }

    private func release(_ name: String, uid: String) async throws(Status) {
        let change = UpdatedObject(preconditions: Preconditions(uid: uid)) { (existing) async throws(Status) -> JSONValue in
            guard var namespace = existing else { throw .notFound(GroupResource(group: "", resource: "namespaces"), name: name) }
            let finalizers = namespace["spec"]?["finalizers"]?.arrayValue ?? []
            namespace["spec"]?["finalizers"] = .array(finalizers.filter { $0.stringValue != Namespace.contentFinalizer })
            return namespace
        }
        _ = try await finalizer.update(name, object: change, options: UpdateOptions(), context: context(namespace: nil))
        logger.info("emptied a namespace", metadata: ["namespace": "\(name)"])
    }

    private func context(namespace: String?) -> RequestContext {
        RequestContext(
            namespace: namespace, user: UserInfo(name: "system:serviceaccount:kube-system:namespace-controller"), logger: logger)
    }
}

/// Growing pauses between attempts at something that failed for reasons that send no event.
private struct Backoff {
    private static let first = Duration.milliseconds(200)
    private static let last = Duration.seconds(10)
    private var next = first

    mutating func reset() { next = Self.first }

    /// Waits, or returns at once when the task is cancelled.
    mutating func wait() async {
        let pause = next * Double.random(in: 0.5...1)
        next = min(next * 2, Self.last)
        try? await Task.sleep(for: pause)
    }
}
