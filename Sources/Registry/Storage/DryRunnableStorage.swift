//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

/// A storage whose writes can be rehearsed: a dry run reads, checks and runs the caller's closures as the real thing would, and writes nothing.
///
/// Objects that a dry run would have created have no version; updated ones keep the version they had.
///
/// Source of the rule: upstream registry.DryRunnableStorage.
struct DryRunnableStorage: Sendable {
    let underlying: any Storage

    init(_ underlying: any Storage) {
        self.underlying = underlying
    }

    func create(_ key: String, bytes: [UInt8], ttl: Int, dryRun: Bool) async throws(StorageError) -> StoredObject {
        guard dryRun else { return try await underlying.create(key, bytes: bytes, ttl: ttl) }
        let isTaken: Bool
        do throws(StorageError) {
            isTaken = try await underlying.get(key, options: GetOptions(ignoreNotFound: true)) != nil
        } catch  where error.code == .corruptObject {
            // The real thing wouldn't look at it.
            isTaken = true
        }
        if isTaken { throw StorageError(.keyExists, key: key) }
        return StoredObject(key: key, bytes: bytes, resourceVersion: .zero)
    }

    func guaranteedUpdate(
        _ key: String, ignoreNotFound: Bool, preconditions: Preconditions?, suggestion: StoredObject?, dryRun: Bool,
        update: @Sendable (StoredObject?) async throws -> UpdateProposal
    ) async throws(StorageError) -> StoredObject {
        guard dryRun else {
            return try await underlying.guaranteedUpdate(
                key, ignoreNotFound: ignoreNotFound, preconditions: preconditions, suggestion: suggestion, update: update)
        }
        let existing = try await underlying.get(key, options: GetOptions(ignoreNotFound: ignoreNotFound))
        try preconditions?.check(existing, at: key)
        let proposal: UpdateProposal
        do {
            proposal = try await update(existing)
        } catch {
            throw StorageError(.rejected, key: key, cause: error)
        }
        return StoredObject(key: key, bytes: proposal.bytes, resourceVersion: existing?.resourceVersion ?? .zero)
    }

    func delete(
        _ key: String, preconditions: Preconditions?, suggestion: StoredObject?, dryRun: Bool, validate: @Sendable (StoredObject) async throws -> Void
    ) async throws(StorageError) -> StoredObject {
        guard dryRun else {
            return try await underlying.delete(key, preconditions: preconditions, suggestion: suggestion, validate: validate)
        }
        guard let existing = try await underlying.get(key, options: GetOptions()) else { throw StorageError(.keyNotFound, key: key) }
        try preconditions?.check(existing)
        do {
            try await validate(existing)
        } catch {
            throw StorageError(.rejected, key: key, cause: error)
        }
        return existing
    }
}
