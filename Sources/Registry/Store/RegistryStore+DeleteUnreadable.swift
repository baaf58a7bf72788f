//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
import Logging
import Storage

extension RegistryStore {
    /// Removes an object that can't be read: neither by the storage, nor as an object of this kind. Whatever becomes readable meanwhile stays.
    ///
    /// Nothing that the object says of itself can be heeded, so dependents, finalizers and whoever waits for hooks are left as they are.
    public func deleteUnreadable(_ name: String, dryRun: Bool, context: RequestContext) async throws(Status) {
        let key = try key(name: name, context: context)
        do throws(StorageError) {
            _ = try await storage.underlying.deleteUnreadable(key) {
                if dryRun { throw Rehearsed() }
            }
        } catch  where error.cause is Rehearsed {
            return
        } catch  where error.code == .preconditionFailed {
            return try await deleteUndecodable(key, name: name, dryRun: dryRun)
        } catch {
            throw Status(interpreting: error, operation: .delete, resource: groupResource, name: name)
        }
        context.logger.warning("removed an object that could not be read", metadata: ["key": "\(key)", "user": "\(context.user.name)"])
    }

    /// The storage can read it: it is JSON. It may be no object of this kind all the same.
    private func deleteUndecodable(_ key: String, name: String, dryRun: Bool) async throws(Status) {
        do throws(StorageError) {
            _ = try await storage.delete(key, preconditions: nil, suggestion: nil, dryRun: dryRun) { object in
                if self.isDecodable(object) {
                    throw StorageError(
                        .preconditionFailed, key: key, message: "it can be read at \(object.resourceVersion): delete it as any other object")
                }
            }
        } catch {
            let cause = error.code == .rejected ? error.cause as? StorageError : nil
            throw Status(interpreting: cause ?? error, operation: .delete, resource: groupResource, name: name)
        }
    }

    private func isDecodable(_ object: StoredObject) -> Bool {
        do {
            _ = try codec.decode(object)
            return true
        } catch {
            return false
        }
    }
}

/// Leaves the storage's removal of an unreadable object without one: it would have happened.
private struct Rehearsed: Error {}
