//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry

extension ResourceEndpoint {
    /// `DELETE` of an object.
    func delete(_ request: APIRequest, from deleter: any GracefulDeleter) async throws(Status) -> HTTPResponse {
        let output = try objectOutput(request)
        let options = try await deleteOptions(request)
        let result = try await deleter.delete(request.info.name, options: options, context: request.context(namespaced: namespaced))
        switch result {
        case .status(let status): return HTTPResponse(status, format: output.format)
        case .object(let object, let deleted):
            // Only a client that asked for no orphans in the old way is told by the code that the object is still there.
            return try output.response(object, status: !deleted && options.orphanDependents == false ? 202 : 200)
        }
    }

    /// `DELETE` of a collection.
    func deleteCollection(_ request: APIRequest, from deleter: any CollectionDeleter) async throws(Status) -> HTTPResponse {
        let output = try listOutput(request)
        let query = try ListQuery(request.query, isWatch: false, description: description)
        let options = try await deleteOptions(request)
        let deleted = try await deleter.deleteCollection(
            options: options, list: query.options, context: request.context(namespaced: namespaced))
        return try output.response(deleted, kind: description.listKind, groupVersion: description.kind.groupVersion)
    }

    private func deleteOptions(_ request: APIRequest) async throws(Status) -> DeleteOptions {
        let bytes = try await BodyDecoder.bytes(of: request.http, limit: limits.maximumBodySize)
        guard !bytes.isEmpty else { return try DeleteQuery.options(request.query) }
        let document = try BodyDecoder.document(
            bytes, contentType: request.http.headers["Content-Type"], schema: .deleteOptions, protobuf: description.protobuf)
        return try DeleteQuery.options(document.value)
    }
}
