//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Storage

/// Serves one resource from a ``Storage``: the rules that all kinds share, with the kind's own in its strategies.
///
/// All of it may be called from any task at once; the store itself has no state. Writes are atomic per object and lose no concurrent write. What the
/// methods return are stored bytes wherever no hook had to change them.
///
/// Source of the rule: upstream registry.Store.
public final class RegistryStore<Value: APIResource>: Sendable {
    /// What the store was told about its resource.
    public let configuration: RegistryStoreConfiguration<Value>
    /// Where the objects are.
    let storage: DryRunnableStorage
    let codec: ObjectCodec<Value>

    /// Serves a resource from a storage that holds nothing else.
    public init(configuration: RegistryStoreConfiguration<Value>, storage: any Storage) {
        self.configuration = configuration
        self.storage = DryRunnableStorage(storage)
        codec = ObjectCodec(resource: configuration.resource)
    }

    /// The same objects under another update strategy, as a `status` subresource needs it. Costs nothing.
    public func with(updateStrategy: some UpdateStrategy<Value>) -> RegistryStore {
        var configuration = configuration
        configuration.updateStrategy = updateStrategy
        return RegistryStore(configuration: configuration, storage: storage.underlying)
    }

    /// Names, scope and shape of what is served.
    public var resource: ResourceDescription { configuration.resource }

    var groupResource: GroupResource { configuration.resource.groupResource }
}

extension RegistryStore: StandardStorage, UnreadableDeleter, FieldResetter {
    /// Those of the update strategy.
    public var resetFields: FieldSet { configuration.updateStrategy.resetFields }
}
