//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry
import Storage

extension ResourceEndpoint {
    /// `GET` of one object.
    func get(_ request: APIRequest, from getter: any Getter) async throws(Status) -> HTTPResponse {
        let output = try objectOutput(request)
        let version = try ListQuery.resourceVersion(request.query.nonEmpty("resourceVersion"), isWatch: false)
        let object = try await getter.get(
            request.info.name, options: GetOptions(resourceVersion: version), context: request.context(namespaced: namespaced))
        return try output.response(object, status: 200)
    }

    /// `GET` of a collection.
    func list(_ request: APIRequest, from lister: any Lister) async throws(Status) -> HTTPResponse {
        let output = try listOutput(request)
        let query = try ListQuery(request.query, isWatch: false, description: description)
        let list = try await lister.list(options: query.options, context: request.context(namespaced: namespaced))
        return try output.response(list, kind: description.listKind, groupVersion: description.kind.groupVersion)
    }

    /// How one object leaves.
    func objectOutput(_ request: APIRequest) throws(Status) -> ObjectOutput {
        var transformations: Set<OutputFormat.Transformation> = [.partialObjectMetadata]
        if tableConvertor != nil { transformations.insert(.table) }
        let format = try OutputFormat.negotiate(request.http, query: request.query, transformations: transformations)
        return ObjectOutput(format: format, table: try table(format, request))
    }

    /// How a list leaves.
    func listOutput(_ request: APIRequest) throws(Status) -> ListOutput {
        var transformations: Set<OutputFormat.Transformation> = [.partialObjectMetadataList]
        if tableConvertor != nil { transformations.insert(.table) }
        let format = try OutputFormat.negotiate(request.http, query: request.query, transformations: transformations)
        return ListOutput(format: format, table: try table(format, request))
    }

    func table(_ format: OutputFormat, _ request: APIRequest) throws(Status) -> TableFormat? {
        guard format.transformation == .table, let tableConvertor else { return nil }
        return try TableFormat(tableConvertor, query: request.query)
    }
}
