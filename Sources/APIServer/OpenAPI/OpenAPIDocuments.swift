//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Crypto
import Registry
import Synchronization

/// The schemas of everything that is served, as OpenAPI v3 (a document a group version) and v2 (one for all).
///
/// They are made when somebody first asks for one: they are large, and a server should be ready sooner.
///
/// Source of the rule: upstream kube-openapi handler and handler3.
final class OpenAPIDocuments: Sendable {
    /// A document and what names its content.
    private struct Document: Sendable {
        let bytes: [UInt8]
        let hash: String

        init(_ value: JSONValue) {
            bytes = value.serialized()
            hash = Hex.upper(SHA512.hash(data: bytes))
        }
    }

    /// All version 3 documents by path, and what lists them.
    private struct Version3: Sendable {
        let index: Document
        let documents: [String: Document]
    }

    private let groupVersions: [GroupVersion]
    private let resources: [OpenAPIResource]
    private let version: ServerVersion
    private let version3 = Mutex<Version3?>(nil)
    private let version2 = Mutex<Document?>(nil)

    init(_ installed: [InstalledGroupVersion], version: ServerVersion) {
        groupVersions = installed.map(\.groupVersion)
        resources = installed.flatMap { Self.resources($0.endpoints) }
        self.version = version
    }

    /// The paths that lead to documents.
    var paths: [String] { groupVersions.map { "/openapi/v3/\(Self.path(of: $0))" } }

    /// nil for a path without a document.
    func response(toPath parts: [String], request: HTTPRequest, query: QueryParameters) -> HTTPResponse? {
        guard parts.count >= 2 else { return nil }
        switch (parts[1], parts.count) {
        case ("v2", 2): return response(madeVersion2(), request)
        case ("v3", 2): return response(madeVersion3().index, request)
        case ("v3", _):
            let path = parts.dropFirst(2).joined(separator: "/")
            guard let document = madeVersion3().documents[path] else { return nil }
            guard let asked = query.nonEmpty("hash") else { return response(document, request) }
            if asked != document.hash {
                return HTTPResponse(status: 301, headers: ["Location": "/openapi/v3/\(path)?hash=\(document.hash)"])
            }
            var response = response(document, request)
            // The URL names the content, so it never changes.
            response.headers["Cache-Control"] = "public, immutable"
            response.headers["Expires"] = HTTPDate.text(ofSecond: 4_102_444_800)
            return response
        default: return nil
        }
    }

    private func madeVersion3() -> Version3 {
        version3.withLock { known in
            if let known { return known }
            var documents: [String: Document] = [:]
            for groupVersion in groupVersions {
                let document = OpenAPIDocument.v3(resources, groupVersion: groupVersion, title: "Keelson", version: version.gitVersion)
                documents[Self.path(of: groupVersion)] = Document(document)
            }
            let urls = documents.sorted { $0.key < $1.key }.map { path, document in
                JSONObject.Member(key: path, value: ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(document.hash)")])
            }
            let made = Version3(index: Document(["paths": .object(JSONObject(urls))]), documents: documents)
            known = made
            return made
        }
    }

    private func madeVersion2() -> Document {
        version2.withLock { known in
            if let known { return known }
            let made = Document(OpenAPIDocument.v2(resources, title: "Keelson", version: version.gitVersion))
            known = made
            return made
        }
    }

    private func response(_ document: Document, _ request: HTTPRequest) -> HTTPResponse {
        let tag = "\"\(document.hash)\""
        let headers: HTTPHeaders = ["Content-Type": "application/json", "ETag": tag, "Vary": "Accept"]
        guard !EntityTag.matches(request, tag) else { return HTTPResponse(status: 304, headers: headers) }
        return HTTPResponse(status: 200, headers: headers, body: .bytes(document.bytes))
    }

    private static func path(of groupVersion: GroupVersion) -> String {
        groupVersion.group.isEmpty ? "api/\(groupVersion.version)" : "apis/\(groupVersion)"
    }

    private static func resources(_ endpoints: [ResourceEndpoint]) -> [OpenAPIResource] {
        endpoints.filter(\.subresource.isEmpty).map { main in
            let subresources = endpoints.filter { $0.plural == main.plural && !$0.subresource.isEmpty }
            return OpenAPIResource(
                kind: main.description.kind, groupVersion: main.groupVersion, listKind: main.description.listKind, plural: main.plural,
                namespaced: main.namespaced, verbs: main.verbs,
                subresources: subresources.map {
                    .init(name: $0.subresource, kind: $0.description.kind, verbs: $0.verbs, schema: $0.description.schema)
                },
                patchTypes: main.patchTypes.map(\.rawValue), schema: main.description.schema)
        }
    }
}
