//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Registry
public import Storage

/// Serves the `scale` subresource: reads and changes the number of copies of an object through `autoscaling/v1` Scale.
///
/// A Scale carries the object's UID and version, and an update with them holds the object to both. The update goes through the object's own strategy, so it
/// is validated and raises the generation.
///
/// Source of the rule: upstream registry/apps/deployment/storage ScaleREST.
public struct ScaleREST<Value: ScalableResource>: Getter, Updater, TableConvertor {
    /// The parent's names with the kind Scale.
    public let resource: ResourceDescription
    private let store: RegistryStore<Value>

    /// Serves the scale of a store's objects.
    /// - Parameter schema: the shape of Scale.
    public init(store: RegistryStore<Value>, schema: ObjectSchema?) {
        self.store = store
        resource = ResourceDescription(
            kind: Scale.kind, plural: store.resource.plural, singular: store.resource.singular, namespaced: store.resource.namespaced,
            schema: schema, protobuf: store.resource.protobuf)
    }

    /// Reads the scale of an object.
    public func get(_ name: String, options: GetOptions, context: RequestContext) async throws(Status) -> StoredObject {
        try scale(of: try await store.get(name, options: options, context: context))
    }

    /// Changes the number of copies. Nothing else of the Scale is looked at but its UID and version.
    /// - Throws: 404; 409 when UID or version isn't the object's; 422 for a negative number.
    public func update(
        _ name: String, object: UpdatedObject, options: UpdateOptions, context: RequestContext
    ) async throws(Status) -> UpdateResult {
        var options = options
        options.forceAllowCreate = false
        let parents = store.resource.groupResource
        let manager = options.fieldManager
        let fieldManager = FieldManager(
            apiVersion: store.resource.kind.groupVersion.description, subresource: "scale", schema: store.resource.schema)
        let change = UpdatedObject(preconditions: object.preconditions) { (existing) async throws(Status) -> JSONValue in
            guard let existing else { throw .notFound(parents, name: name) }
            var parent = existing
            let value: Value
            let scale: Scale
            do {
                value = try Value(json: parent)
            } catch {
                throw .internalError("\(parents) \"\(name)\" can't be read: \(error)")
            }
            let wanted = try await object.transform(Self.json(Scale(of: value)))
            do {
                scale = try Scale(json: wanted)
            } catch {
                throw .badRequest("Scale in version \"autoscaling/v1\" cannot be handled as a Scale: \(error)")
            }
            try Self.check(scale, of: value, parents: parents)
            parent["spec"]?["replicas"] = .integer(Int64(scale.spec.replicas))
            // Without a version the newest object is meant, whatever the parent's strategy asks of its own clients.
            if !scale.metadata.resourceVersion.isEmpty {
                parent["metadata"]?["resourceVersion"] = .string(scale.metadata.resourceVersion)
            }
            return fieldManager.scale(parent, live: existing, manager: manager)
        }
        let result = try await store.update(name, object: change, options: options, context: context)
        return UpdateResult(object: try scale(of: result.object), created: false)
    }

    /// Name, wanted and present copies, age.
    public var tableColumns: [TableColumn] {
        [
            .name, TableColumn(name: "Desired", type: "integer", description: "How many copies are wanted."),
            TableColumn(name: "Available", type: "integer", description: "How many copies there are."), .age,
        ]
    }

    /// The cells of one scale.
    public func tableCells(for object: StoredObject) throws(Status) -> [JSONValue] {
        let scale: Scale
        do {
            scale = try Scale(json: try object.value())
        } catch {
            throw .internalError("the scale of \(object.key) can't be read: \(error)")
        }
        return [
            .string(scale.metadata.name), .integer(Int64(scale.spec.replicas)), .integer(Int64(scale.status.replicas)), .age(of: scale.metadata),
        ]
    }

    private static func check(_ scale: Scale, of value: Value, parents: GroupResource) throws(Status) {
        let name = value.metadata.name
        guard scale.metadata.name.isEmpty || scale.metadata.name == name else {
            throw .badRequest("the name of the object (\(scale.metadata.name)) does not match the name on the URL (\(name))")
        }
        if scale.spec.replicas < 0 {
            let error = FieldError.nonNegative("spec.replicas", .integer(Int64(scale.spec.replicas)))
            throw .invalid(kind: Scale.kind, name: name, errors: [error])
        }
        if !scale.metadata.uid.isEmpty, scale.metadata.uid != value.metadata.uid {
            throw .conflict(
                parents, name: name,
                message: "Precondition failed: UID in precondition: \(scale.metadata.uid), UID in object meta: \(value.metadata.uid)")
        }
    }

    private func scale(of object: StoredObject) throws(Status) -> StoredObject {
        var json = Self.json(Scale(of: try store.decode(object)))
        json["metadata"]?["resourceVersion"] = nil
        if let schema = resource.schema {
            do {
                json = try schema.normalize(json).value
            } catch {
                throw .internalError("the scale of \(object.key) doesn't fit its schema: \(error)")
            }
        }
        var bytes: [UInt8] = []
        json.write(into: &bytes)
        return StoredObject(key: object.key, bytes: bytes, resourceVersion: object.resourceVersion)
    }

    private static func json(_ scale: Scale) -> JSONValue {
        var members = JSONObject()
        members["kind"] = .string(Scale.kind.kind)
        members["apiVersion"] = .string(Scale.kind.groupVersion.description)
        for member in scale.json().objectValue ?? JSONObject() { members[member.key] = member.value }
        return .object(members)
    }
}
