//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry
import Storage

extension ResourceEndpoint {
    /// `POST` to a collection.
    func create(_ request: APIRequest, in creater: any Creater) async throws(Status) -> HTTPResponse {
        let output = try objectOutput(request)
        let options = try WriteQuery(request.query, kind: "CreateOptions", userAgent: request.http.headers["User-Agent"])
        var object = try await decodedBody(request, validation: options.fieldValidation)
        for field in ["creationTimestamp", "uid", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
            if object["metadata"]?[field] != nil { object["metadata"]?[field] = nil }
        }
        let created = try await creater.create(
            managed(object, live: nil, options: options), options: CreateOptions(dryRun: options.dryRun, fieldManager: options.fieldManager),
            context: request.context(namespaced: namespaced))
        return try output.response(created, status: 201)
    }

    /// `PUT` of an object.
    func update(_ request: APIRequest, in updater: any Updater) async throws(Status) -> HTTPResponse {
        let output = try objectOutput(request)
        let options = try WriteQuery(request.query, kind: "UpdateOptions", userAgent: request.http.headers["User-Agent"])
        let object = try named(try await decodedBody(request, validation: options.fieldValidation), request)
        let uid = object["metadata"]?["uid"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        let change = UpdatedObject(preconditions: uid.map { Preconditions(uid: $0) }) { existing throws(Status) in
            self.managed(object, live: existing, options: options)
        }
        return try await write(change, options: options, request, in: updater, output: output)
    }

    /// An object that is to be written, with note of who writes what. Defaults come first, as they are the writer's too.
    /// - Parameter live: the object as it is; nil when it doesn't exist yet.
    func managed(_ object: JSONValue, live: JSONValue?, options: WriteQuery) -> JSONValue {
        var object = object
        description.defaults?(&object)
        return fieldManager.update(object, live: live, manager: options.fieldManager)
    }

    /// Hands a change to the registry.
    func write(
        _ change: UpdatedObject, options: WriteQuery, _ request: APIRequest, in updater: any Updater, output: ObjectOutput
    ) async throws(Status) -> HTTPResponse {
        let result = try await updater.update(
            request.info.name, object: change, options: UpdateOptions(dryRun: options.dryRun, fieldManager: options.fieldManager),
            context: request.context(namespaced: namespaced))
        return try output.response(result.object, status: result.created ? 201 : 200)
    }

    /// The object with the name of the URL.
    /// - Throws: 400 when it has another.
    func named(_ object: JSONValue, _ request: APIRequest) throws(Status) -> JSONValue {
        let name = object["metadata"]?["name"]?.stringValue ?? ""
        if name == request.info.name { return object }
        guard name.isEmpty else {
            throw .badRequest("the name of the object (\(name)) does not match the name on the URL (\(request.info.name))")
        }
        var object = object
        var metadata = object["metadata"] ?? [:]
        metadata["name"] = .string(request.info.name)
        object["metadata"] = metadata
        return object
    }

    private func decodedBody(_ request: APIRequest, validation: FieldValidation) async throws(Status) -> JSONValue {
        let bytes = try await BodyDecoder.bytes(of: request.http, limit: limits.maximumBodySize)
        let document = try BodyDecoder.document(
            bytes, contentType: request.http.headers["Content-Type"], schema: description.schema, protobuf: description.protobuf)
        return try ObjectDecoder(description: description).decode(document, validation: validation, warnings: request.warnings)
    }
}
