//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Storage

extension RegistryStore {
    /// Objects of one page when the request sets no limit.
    static var deleteCollectionPageSize: Int { 10_000 }

    /// Removes all that is selected in the request's namespace, one by one and not atomically.
    ///
    /// ``RegistryStoreConfiguration/deleteCollectionWorkers`` objects go at a time. What others remove meanwhile is no failure; the first real one stops
    /// the distribution, and is thrown when the running deletes have ended. With a limit only that one page is removed.
    /// - Returns: the objects as they were listed, with the first page's version.
    public func deleteCollection(
        options: DeleteOptions, list: ResourceListOptions, context: RequestContext
    ) async throws(Status) -> StorageList {
        var request = list
        let isLimited = list.limit > 0
        if !isLimited { request.limit = Self.deleteCollectionPageSize }
        var result: StorageList?
        while true {
            guard !Task.isCancelled else { throw Status.timeout("the request ended before all objects were deleted", retryAfterSeconds: 0) }
            let page = try await self.list(options: request, context: context)
            try await delete(page.items, options: options, context: context)
            if result == nil { result = page } else { result?.items += page.items }
            guard !isLimited, let token = page.continueToken else { break }
            request.continueToken = token
            // The token says which version to go on at.
            request.resourceVersion = nil
            request.resourceVersionMatch = nil
        }
        var all = result ?? StorageList(items: [], resourceVersion: .zero)
        if !isLimited {
            all.continueToken = nil
            all.remainingItemCount = nil
        }
        return all
    }

    private func delete(_ objects: [StoredObject], options: DeleteOptions, context: RequestContext) async throws(Status) {
        let failure = await withTaskGroup(of: Status?.self) { group -> Status? in
            var remaining = objects[...]
            var failure: Status?
            for object in remaining.prefix(max(1, configuration.deleteCollectionWorkers)) {
                remaining.removeFirst()
                group.addTask { await self.deleteListed(object, options: options, context: context) }
            }
            while let outcome = await group.next() {
                failure = failure ?? outcome
                guard failure == nil, let object = remaining.popFirst() else { continue }
                group.addTask { await self.deleteListed(object, options: options, context: context) }
            }
            return failure
        }
        if let failure { throw failure }
    }

    /// Deletes one listed object; nil when it is gone or going.
    private func deleteListed(_ object: StoredObject, options: DeleteOptions, context: RequestContext) async -> Status? {
        if Task.isCancelled { return .timeout("the request ended before all objects were deleted", retryAfterSeconds: 0) }
        do {
            let name = try object.metadata().name
            _ = try await delete(name, options: options, context: context)
            return nil
        } catch let status as Status {
            return status.reason == .notFound ? nil : status
        } catch {
            return .internalError("the object stored at \(object.key) can't be read: \(error)")
        }
    }
}
