//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Crypto
import Registry

/// All groups, versions and resources in one document, so that a client learns everything by one request.
///
/// Source of the rule: upstream endpoints/discovery/aggregated; apidiscovery.k8s.io/v2.
struct AggregatedDocument: Sendable {
    /// The media type that asks for it, and that it is answered with.
    static let contentType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

    /// The text.
    let bytes: [UInt8]
    /// Names the content, for `If-None-Match`.
    let entityTag: String

    /// - Parameter groups: the versions of each group, in order.
    init(_ groups: [[InstalledGroupVersion]]) {
        let document: JSONValue = [
            "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": [:],
            "items": .array(groups.map { Self.group($0) }),
        ]
        var bytes = document.serialized()
        bytes.append(UInt8(ascii: "\n"))
        self.bytes = bytes
        entityTag = "\"\(Hex.upper(SHA512.hash(data: bytes)))\""
    }

    /// Whether one of the clauses of an `Accept` header asks for this document before one asks for a plain one.
    static func isWanted(by request: HTTPRequest) -> Bool {
        guard let accept = request.headers.joined("Accept"), accept.contains("apidiscovery") else { return false }
        for clause in MediaType.clauses(of: accept) where clause.name == "application/json" {
            switch (clause.parameters["g"], clause.parameters["v"], clause.parameters["as"]) {
            case ("apidiscovery.k8s.io", "v2", "APIGroupDiscoveryList"): return true
            case (nil, nil, nil): return false
            default: continue
            }
        }
        return false
    }

    /// The document, or 304 when the client has it.
    func response(to request: HTTPRequest) -> HTTPResponse {
        let headers: HTTPHeaders = [
            "Content-Type": Self.contentType, "ETag": entityTag, "Vary": "Accept", "Cache-Control": "public",
        ]
        guard !EntityTag.matches(request, entityTag) else { return HTTPResponse(status: 304, headers: headers) }
        return HTTPResponse(status: 200, headers: headers, body: .bytes(bytes))
    }

    private static func group(_ versions: [InstalledGroupVersion]) -> JSONValue {
        let name = versions[0].groupVersion.group
        return [
            "metadata": name.isEmpty ? [:] : ["name": .string(name)],
            "versions": .array(
                versions.map { version in
                    [
                        "version": .string(version.groupVersion.version), "resources": .array(resources(version.endpoints)),
                        "freshness": "Current",
                    ]
                }),
        ]
    }

    private static func resources(_ endpoints: [ResourceEndpoint]) -> [JSONValue] {
        endpoints.filter(\.subresource.isEmpty).map { main in
            let subresources = endpoints.filter { $0.plural == main.plural && !$0.subresource.isEmpty }
            let description = main.description
            var resource: JSONObject = [
                "resource": .string(main.plural), "responseKind": responseKind(main),
                "scope": .string(main.namespaced ? "Namespaced" : "Cluster"), "singularResource": .string(description.singular),
                "verbs": .array(main.verbs.map { .string($0) }),
            ]
            if !description.shortNames.isEmpty { resource["shortNames"] = .array(description.shortNames.map { .string($0) }) }
            if !description.categories.isEmpty { resource["categories"] = .array(description.categories.map { .string($0) }) }
            if !subresources.isEmpty {
                resource["subresources"] = .array(
                    subresources.map {
                        [
                            "subresource": .string($0.subresource), "responseKind": responseKind($0),
                            "verbs": .array($0.verbs.map { .string($0) }),
                        ]
                    })
            }
            return .object(resource)
        }
    }

    private static func responseKind(_ endpoint: ResourceEndpoint) -> JSONValue {
        let kind = endpoint.description.kind
        return ["group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind)]
    }
}

/// Conditional requests.
enum EntityTag {
    /// Whether the client has the content of a tag already.
    static func matches(_ request: HTTPRequest, _ tag: String) -> Bool {
        guard let known = request.headers.joined("If-None-Match") else { return false }
        return known.split(separator: ",").contains { $0.trimmed == "*" || $0.trimmed == tag || $0.trimmed == "W/\(tag)" }
    }
}

/// Hexadecimal digits.
enum Hex {
    static func upper(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
