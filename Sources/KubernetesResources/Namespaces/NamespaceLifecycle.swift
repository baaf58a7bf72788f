//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Registry
import Storage
import Synchronization

/// Keeps objects out of namespaces that don't exist or are being deleted, and keeps the system's own namespaces.
///
/// Reads namespaces from the cache; whether one is missing, and one that was deleted through this server in the last half minute, is asked of the
/// store itself. Put it into the ``RegistryStoreConfiguration/admission`` of every namespaced resource and of the namespaces.
///
/// Source of the rule: upstream admission plugin NamespaceLifecycle.
public final class NamespaceLifecycle: AdmissionPlugin {
    /// Namespaces that can't be deleted.
    public static let undeletable: Set<String> = ["default", "kube-system", "kube-public"]

    private static let namespaces = GroupResource(group: "", resource: "namespaces")
    private static let memory = Duration.seconds(30)
    private static let memorySize = 100

    /// Deletions of namespaces that a cache may not know of yet.
    private let recentlyDeleted = Mutex<[String: ContinuousClock.Instant]>([:])
    private let reader = Mutex<(@Sendable (String, GetOptions) async throws(Status) -> Namespace)?>(nil)

    init() {}

    /// The namespaces' own store needs this plugin, so it can only be told of that store afterwards.
    func attach(_ store: RegistryStore<Namespace>, context: RequestContext) {
        reader.withLock { reader in
            reader = { (name, options) async throws(Status) -> Namespace in try await store.value(name, options: options, context: context) }
        }
    }

    /// Lets a create pass into an active namespace only, and a delete unless it is one of ``undeletable``.
    public func admit(_ request: AdmissionRequest) async throws(Status) {
        let isNamespace = request.resource.groupResource == Self.namespaces
        switch request.operation {
        case .delete where isNamespace:
            guard !Self.undeletable.contains(request.name) else {
                throw .forbidden(Self.namespaces, name: request.name, message: "this namespace may not be deleted")
            }
            if !request.dryRun { remember(request.name) }
        case .create where request.resource.namespaced:
            guard let namespace = request.context.namespace, !namespace.isEmpty else { return }
            let found = try await read(namespace)
            if found.metadata.deletionTimestamp != nil { throw terminating(namespace, request: request) }
        default:
            return
        }
    }

    private func read(_ name: String) async throws(Status) -> Namespace {
        guard let reader = reader.withLock({ $0 }) else { throw .serviceUnavailable("namespaces aren't served yet") }
        if !isRecentlyDeleted(name) {
            do throws(Status) {
                return try await reader(name, GetOptions(resourceVersion: .zero))
            } catch  where error.reason == .notFound {
                // The cache may be behind somebody who has just created it.
            }
        }
        return try await reader(name, GetOptions())
    }

    private func terminating(_ namespace: String, request: AdmissionRequest) -> Status {
        var status = Status.forbidden(
            request.resource.groupResource, name: request.name,
            message: "unable to create new content in namespace \(namespace) because it is being terminated")
        let cause = Status.Cause(
            type: "NamespaceTerminating", message: "namespace \(namespace) is being terminated", field: "metadata.namespace")
        var details = status.details ?? Status.Details()
        details.causes.append(cause)
        status.details = details
        return status
    }

    private func remember(_ name: String) {
        let now = ContinuousClock.now
        recentlyDeleted.withLock { names in
            if names.count >= Self.memorySize { names = names.filter { $0.value > now } }
            if names.count >= Self.memorySize, let oldest = names.min(by: { $0.value < $1.value }) { names[oldest.key] = nil }
            names[name] = now + Self.memory
        }
    }

    private func isRecentlyDeleted(_ name: String) -> Bool {
        recentlyDeleted.withLock { names in names[name].map { $0 > .now } ?? false }
    }
}
