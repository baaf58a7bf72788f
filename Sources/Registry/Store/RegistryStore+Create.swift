//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
import Storage

extension RegistryStore {
    /// How many names are tried for an object that asks for a generated one.
    static var nameGenerationAttempts: Int { 8 }

    /// Adds an object to the request's namespace.
    ///
    /// Either the whole object is stored and every hook has seen success, or nothing is. An object with `generateName` and no name gets up to eight
    /// names before the last conflict is reported.
    /// - Throws: 400 when the namespaces differ; 409 `AlreadyExists`; 422 with every field that is wrong; what hooks and admission throw.
    public func create(_ object: JSONValue, options: CreateOptions, context: RequestContext) async throws(Status) -> StoredObject {
        let value = try codec.decodeRequest(object)
        guard value.metadata.resourceVersion.isEmpty || value.metadata.resourceVersion == "0" else {
            throw Status(interpreting: .init(.resourceVersionSet), operation: .create, resource: groupResource)
        }
        try await admit(.create, name: value.metadata.name, object: value, dryRun: options.dryRun, context: context)
        let attempts = value.metadata.name.isEmpty && !value.metadata.generateName.isEmpty ? Self.nameGenerationAttempts : 1
        var attempt = 1
        while true {
            do throws(Status) {
                return try await create(value, options: options, context: context)
            } catch  where error.reason == .alreadyExists && attempt < attempts {
                attempt += 1
            }
        }
    }

    private func create(_ value: Value, options: CreateOptions, context: RequestContext) async throws(Status) -> StoredObject {
        var value = value
        resetSystemMetadata(&value)
        if value.metadata.name.isEmpty, !value.metadata.generateName.isEmpty {
            value.metadata.name = configuration.createStrategy.generateName(base: value.metadata.generateName)
        }
        let finish = try await configuration.hooks.beginCreate?(&value, options, context)
        let stored: StoredObject
        do throws(Status) {
            stored = try await store(&value, options: options, context: context)
        } catch {
            await finish?(false)
            throw error
        }
        await finish?(true)
        guard let afterCreate = configuration.hooks.afterCreate else { return try decorated(stored) }
        var result = try codec.decode(stored)
        await afterCreate(&result, options)
        return try decorated(codec.reencode(result, like: stored))
    }

    private func store(_ value: inout Value, options: CreateOptions, context: RequestContext) async throws(Status) -> StoredObject {
        try beforeCreate(&value, context: context)
        try await validate(.create, name: value.metadata.name, object: value, old: nil, dryRun: options.dryRun, context: context)
        let key = try key(name: value.metadata.name, context: context)
        let ttl = try configuration.timeToLive?(value, 0, false) ?? 0
        let bytes = try codec.encode(value)
        do throws(StorageError) {
            return try await storage.create(key, bytes: bytes, ttl: ttl, dryRun: options.dryRun)
        } catch {
            throw await createFailure(error, value: value, key: key)
        }
    }

    /// Says more about a name that is taken: whether it was generated, and whether its owner is on its way out.
    private func createFailure(_ error: StorageError, value: Value, key: String) async -> Status {
        var status = Status(interpreting: error, operation: .create, resource: groupResource, name: value.metadata.name)
        guard status.reason == .alreadyExists else { return status }
        if !value.metadata.generateName.isEmpty {
            status = .generateNameConflict(groupResource, name: value.metadata.name)
        }
        do {
            let existing = try await storage.underlying.get(key, options: GetOptions(ignoreNotFound: true))
            if try existing?.metadata().deletionTimestamp != nil { status.message = "object is being deleted: \(status.message)" }
        } catch {
            // The conflict is certain; a look that fails only costs the hint.
            return status
        }
        return status
    }
}

extension RegistryStore {
    /// Asks admission before anything else happens.
    func admit(
        _ operation: AdmissionRequest.Operation, name: String, object: Value?, dryRun: Bool, context: RequestContext
    ) async throws(Status) {
        for plugin in configuration.admission {
            try await plugin.admit(
                AdmissionRequest(operation: operation, resource: resource, name: name, object: object, dryRun: dryRun, context: context))
        }
    }

    /// Asks admission about the final object.
    func validate(
        _ operation: AdmissionRequest.Operation, name: String, object: Value?, old: Value?, dryRun: Bool, context: RequestContext
    ) async throws(Status) {
        for plugin in configuration.admission {
            try await plugin.validate(
                AdmissionRequest(
                    operation: operation, resource: resource, name: name, object: object, oldObject: old, dryRun: dryRun, context: context))
        }
    }

    /// Lets the decorator have its say about something that leaves the store.
    func decorated(_ object: StoredObject) throws(Status) -> StoredObject {
        guard let decorate = configuration.hooks.decorate else { return object }
        var value = try codec.decode(object)
        decorate(&value)
        return try codec.reencode(value, like: object)
    }
}
