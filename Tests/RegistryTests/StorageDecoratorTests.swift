//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import CacherStorage
import Logging
@testable import Registry
import Storage
import ServiceLifecycle
import Testing

@Suite("Storage decorators")
struct StorageDecoratorTests {
    /// A store over a watch cache, while the cache runs.
    static func withCachedFixture(_ body: @escaping @Sendable (Fixture) async throws -> Void) async throws {
        try await withStorage { (storage) async throws in
            let decorated = StorageDecorator.withCacher.decorate(
                storage, groupResource: ResourceDescription.widgets.groupResource, resourcePrefix: "/widgets", logger: Logger(label: "test"))
            let cacher = try #require(decorated.storage as? CacherStorage)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for service in decorated.services { group.addTask { try await service.run() } }
                try await cacher.waitUntilReady()
                let configuration = RegistryStoreConfiguration(resource: .widgets, keyRoot: "/widgets", strategy: WidgetStrategy())
                try await body(Fixture(store: RegistryStore(configuration: configuration, storage: cacher), storage: storage))
                group.cancelAll()
            }
        }
    }

    @Test("Undecorated is the storage itself, with nothing to run")
    func undecorated() async throws {
        try await withStorage { (storage) async throws in
            let decorated = StorageDecorator.undecorated.decorate(
                storage, groupResource: ResourceDescription.widgets.groupResource, resourcePrefix: "/widgets", logger: Logger(label: "test"))
            #expect(decorated.services.isEmpty)
            #expect(decorated.storage as AnyObject === storage as AnyObject)
        }
    }

    @Test("Over a cache a store reads its own writes, updates and deletes")
    func cached() async throws {
        try await Self.withCachedFixture { (fixture) async throws in
            let created = try await fixture.create(Widget("one", size: 1))
            #expect(try await fixture.get("one") == created)
            #expect(try await fixture.names() == ["one"])
            let updated = try await fixture.update("one") { $0.spec?.size = 2 }
            #expect(try await fixture.get("one") == updated)
            try await fixture.delete("one")
            #expect(try await fixture.names() == [])
        }
    }

    @Test("A watch from the cache reports each change once, with its version")
    func watch() async throws {
        try await Self.withCachedFixture { (fixture) async throws in
            let first = try await fixture.create(Widget("one"))
            var options = ResourceListOptions()
            options.resourceVersion = ResourceVersion(parsing: first.metadata.resourceVersion)
            let watch = try await fixture.store.watch(options: options, context: fixture.context)
            let second = try await fixture.create(Widget("two"))
            try await fixture.delete("one")
            var seen: [String] = []
            for await event in watch {
                guard case .change(let change) = event else { continue }
                seen.append("\(change.kind.rawValue) \(change.object.key)")
                if seen.count == 1 { #expect(change.object.resourceVersion.description == second.metadata.resourceVersion) }
                if seen.count == 2 { break }
            }
            #expect(seen == ["ADDED /widgets/demo/two", "DELETED /widgets/demo/one"])
        }
    }
}
