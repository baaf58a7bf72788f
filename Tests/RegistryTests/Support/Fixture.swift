//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Logging
@testable import Registry
import Storage
import Synchronization
import Testing

/// A store of widgets, and shorthand for what tests do with it.
struct Fixture: Sendable {
    let store: RegistryStore<Widget>
    let storage: any Storage
    var context = RequestContext(namespace: "demo", logger: Logger(label: "test"))

    /// Runs `body` with a store of its own.
    static func run(
        strategy: WidgetStrategy = WidgetStrategy(), resource: ResourceDescription = .widgets,
        configure: @escaping @Sendable (inout RegistryStoreConfiguration<Widget>) -> Void = { _ in },
        _ body: @escaping @Sendable (Fixture) async throws -> Void
    ) async throws {
        try await withStorage { storage in
            var configuration = RegistryStoreConfiguration(resource: resource, keyRoot: "/widgets", strategy: strategy)
            configure(&configuration)
            try await body(Fixture(store: RegistryStore(configuration: configuration, storage: storage), storage: storage))
        }
    }

    /// The same objects under another configuration.
    func reconfigured(_ configure: (inout RegistryStoreConfiguration<Widget>) -> Void) -> Fixture {
        var configuration = store.configuration
        configure(&configuration)
        var copy = Fixture(store: RegistryStore(configuration: configuration, storage: storage), storage: storage)
        copy.context = context
        return copy
    }

    func inNamespace(_ namespace: String?) -> Fixture {
        var copy = self
        copy.context.namespace = namespace
        return copy
    }

    @discardableResult
    func create(_ widget: Widget, dryRun: Bool = false) async throws -> Widget {
        try store.decode(try await store.create(widget.json(), options: CreateOptions(dryRun: dryRun), context: context))
    }

    func get(_ name: String) async throws -> Widget {
        try await store.value(name, context: context)
    }

    /// nil when there is none.
    func find(_ name: String) async throws -> Widget? {
        do throws(Status) {
            return try await store.value(name, context: context)
        } catch  where error.reason == .notFound {
            return nil
        }
    }

    @discardableResult
    func update(
        _ name: String, preconditions: Preconditions? = nil, options: UpdateOptions = UpdateOptions(),
        _ change: @escaping @Sendable (inout Widget) throws(Status) -> Void
    ) async throws -> Widget {
        let object = UpdatedObject(preconditions: preconditions) { (existing) async throws(Status) -> JSONValue in
            var widget = Widget(name)
            if let existing {
                do { widget = try Widget(json: existing) } catch { throw Status.internalError("\(error)") }
            }
            try change(&widget)
            return widget.json()
        }
        return try store.decode(try await store.update(name, object: object, options: options, context: context).object)
    }

    @discardableResult
    func delete(_ name: String, _ options: DeleteOptions = DeleteOptions()) async throws -> DeleteResult {
        try await store.delete(name, options: options, context: context)
    }

    func names(_ options: ResourceListOptions = ResourceListOptions()) async throws -> [String] {
        try await store.list(options: options, context: context).items.map { try $0.metadata().name }
    }

    /// The bytes of a key, past the registry.
    func stored(_ key: String) async throws -> String? {
        try await storage.get(key, options: GetOptions(ignoreNotFound: true)).map { String(decoding: $0.bytes, as: UTF8.self) }
    }
}

/// Notes what happens, in order.
final class Recorder: Sendable {
    private let notes = Mutex<[String]>([])
    func note(_ text: String) { notes.withLock { $0.append(text) } }
    var all: [String] { notes.withLock { $0 } }
    /// What was noted since the last call.
    func take() -> [String] {
        notes.withLock { notes in
            defer { notes = [] }
            return notes
        }
    }
}

/// The status that `body` fails with.
func failure(_ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) async -> Status? {
    do {
        try await body()
        Issue.record("expected a failure", sourceLocation: sourceLocation)
        return nil
    } catch let status as Status {
        return status
    } catch {
        Issue.record("expected a Status, got \(error)", sourceLocation: sourceLocation)
        return nil
    }
}

extension DeleteResult {
    var status: Status? { if case .status(let status) = self { status } else { nil } }
    var object: StoredObject? { if case .object(let object, _) = self { object } else { nil } }
    var isDeleted: Bool {
        switch self {
        case .status: true
        case .object(_, let deleted): deleted
        }
    }
}
