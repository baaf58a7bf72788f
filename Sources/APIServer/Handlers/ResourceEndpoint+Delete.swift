//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Logging
import Registry

extension ResourceEndpoint {
    /// `DELETE` of an object.
    func delete(_ request: APIRequest, from deleter: any GracefulDeleter) async throws(Status) -> HTTPResponse {
        let output = try objectOutput(request)
        let options = try await deleteOptions(request)
        if options.ignoresStoreReadError { return try await deleteUnreadable(request, dryRun: options.dryRun, output: output) }
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
        try DeleteQuery.checkForCollection(options)
        let deleted = try await deleter.deleteCollection(
            options: options, list: query.options, context: request.context(namespaced: namespaced))
        return try output.response(deleted, kind: description.listKind, groupVersion: description.kind.groupVersion)
    }

    /// `DELETE` of an object that can't be read. Takes a permission of its own beside that to delete.
    private func deleteUnreadable(_ request: APIRequest, dryRun: Bool, output: ObjectOutput) async throws(Status) -> HTTPResponse {
        let option = "ignoreStoreReadErrorWithClusterBreakingPotential"
        guard subresource.isEmpty else {
            throw .forbidden(groupResource, name: request.info.name, message: "\(option) delete option is not allowed on a subresource")
        }
        guard let deleter = unreadableDeleter else {
            throw .internalError("no unsafe deleter provided, can not honor \(option) for \(groupResource)")
        }
        let verb = "unsafe-delete-ignore-read-errors"
        if let denial = await authorizer.denial(of: AuthorizationAttributes(request, verb: verb)) {
            throw .forbidden(
                groupResource, name: request.info.name, message: "not permitted to do \(verb.goQuoted), reason: \(denial)")
        }
        request.logger.warning(
            "asked to remove an object without reading it",
            metadata: ["path": "\(request.info.path)", "user": "\(request.user.name)", "apiserver.k8s.io/unsafe-delete-ignore-read-error": ""])
        try await deleter.deleteUnreadable(request.info.name, dryRun: dryRun, context: request.context(namespaced: namespaced))
        return HTTPResponse(
            .success(details: .init(name: request.info.name, kind: description.kind.kind)), format: output.format)
    }

    private func deleteOptions(_ request: APIRequest) async throws(Status) -> DeleteOptions {
        let allows = limits.allowsUnreadableDeletion
        let bytes = try await BodyDecoder.bytes(of: request.http, limit: limits.maximumBodySize)
        guard !bytes.isEmpty else { return try DeleteQuery.options(request.query, allowsUnreadable: allows) }
        let document = try BodyDecoder.document(
            bytes, contentType: request.http.headers["Content-Type"], schema: .deleteOptions, protobuf: description.protobuf)
        return try DeleteQuery.options(document.value, allowsUnreadable: allows)
    }
}
