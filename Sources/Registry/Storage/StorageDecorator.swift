//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
import CacherStorage
public import Logging
public import ServiceLifecycle
public import Storage

/// What stands between a resource's registry and the store that holds its objects.
///
/// Source of the rule: upstream generic.StorageDecorator.
public enum StorageDecorator: Sendable, Hashable {
    /// Every read and every watch goes to the store.
    case undecorated
    /// A watch cache serves reads and watches.
    case withCacher

    /// Builds what a registry is to use.
    /// - Parameters:
    ///   - storage: holds the one resource.
    ///   - resourcePrefix: the key that all its objects are below, such as `/deployments`.
    ///   - attributes: how selectors read its objects: the function of the resource's ``RegistryStoreConfiguration``.
    /// - Returns: the storage, and the services that must run for as long as it is used.
    public func decorate(
        _ storage: any Storage, groupResource: GroupResource, resourcePrefix: String,
        attributes: @escaping SelectionPredicate.AttributesFunction = SelectionPredicate.metadataAttributes, logger: Logger
    ) -> DecoratedStorage {
        switch self {
        case .undecorated:
            return DecoratedStorage(storage: storage, services: [])
        case .withCacher:
            let cacher = CacherStorage(
                underlying: storage,
                configuration: CacherStorageConfiguration(groupResource: groupResource, resourcePrefix: resourcePrefix, attributes: attributes),
                logger: logger)
            return DecoratedStorage(storage: cacher, services: [cacher])
        }
    }
}

/// A storage, and what must run beside it.
public struct DecoratedStorage: Sendable {
    /// What a registry reads and writes through.
    public var storage: any Storage
    /// Run these for as long as the storage is used.
    public var services: [any Service]

    /// A storage with its services.
    public init(storage: any Storage, services: [any Service]) {
        self.storage = storage
        self.services = services
    }
}
