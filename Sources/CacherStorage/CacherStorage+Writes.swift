//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Storage

/// Writes go to the store. The cache gives them its copy of the object, which saves the store's first read and is never the cause of a failure.
extension CacherStorage {
    /// Adds an object to the store.
    public func create(_ key: String, bytes: [UInt8], ttl: Int) async throws(StorageError) -> StoredObject {
        try await underlying.create(key, bytes: bytes, ttl: ttl)
    }

    /// Updates an object in the store, starting from the cached copy.
    public func guaranteedUpdate(
        _ key: String, ignoreNotFound: Bool, preconditions: Preconditions?, suggestion: StoredObject?,
        update: @Sendable (StoredObject?) async throws -> UpdateProposal
    ) async throws(StorageError) -> StoredObject {
        try await underlying.guaranteedUpdate(
            key, ignoreNotFound: ignoreNotFound, preconditions: preconditions, suggestion: cache.object(at: key) ?? suggestion, update: update)
    }

    /// Removes an object from the store, starting from the cached copy.
    public func delete(
        _ key: String, preconditions: Preconditions?, suggestion: StoredObject?,
        validate: @Sendable (StoredObject) async throws -> Void
    ) async throws(StorageError) -> StoredObject {
        try await underlying.delete(key, preconditions: preconditions, suggestion: cache.object(at: key) ?? suggestion, validate: validate)
    }

    /// Removes an object that can't be read from the store.
    public func deleteUnreadable(_ key: String, validate: @Sendable () async throws -> Void) async throws(StorageError) -> ResourceVersion {
        try await underlying.deleteUnreadable(key, validate: validate)
    }
}
