//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Crypto
import Registry

/// The documents that say what is served, made once when the server is set up.
///
/// Source of the rule: upstream endpoints/discovery and endpoints/discovery/aggregated.
struct DiscoveryDocuments: Sendable {
    /// `/apis`.
    let groupList: JSONValue
    /// `/apis/G`, by group.
    let groups: [String: JSONValue]
    /// `/api/v1` and `/apis/G/V`.
    let resourceLists: [GroupVersion: JSONValue]
    /// The versions of the core group.
    let coreVersions: [String]
    /// All of `/api`, in one document.
    let aggregatedCore: AggregatedDocument
    /// All of `/apis`, in one document.
    let aggregatedGroups: AggregatedDocument

    init(_ installed: [InstalledGroupVersion]) {
        let named = Self.byGroup(installed.filter { !$0.groupVersion.group.isEmpty })
        let core = Self.byGroup(installed.filter { $0.groupVersion.group.isEmpty })
        groupList = ["kind": "APIGroupList", "apiVersion": "v1", "groups": .array(named.map { Self.group($0, isDocument: false) })]
        groups = Dictionary(uniqueKeysWithValues: named.map { ($0[0].groupVersion.group, Self.group($0, isDocument: true)) })
        resourceLists = Dictionary(uniqueKeysWithValues: installed.map { ($0.groupVersion, Self.resourceList($0)) })
        coreVersions = core.first?.map(\.groupVersion.version) ?? []
        aggregatedCore = AggregatedDocument(core)
        aggregatedGroups = AggregatedDocument(named)
    }

    /// The document at `/api`; `address` is where the client reached the server.
    func coreVersionList(address: String) -> JSONValue {
        [
            "kind": "APIVersions", "versions": .array(coreVersions.map { .string($0) }),
            "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": .string(address)]],
        ]
    }

    /// The versions of each group, most important first; groups by priority, then by name.
    private static func byGroup(_ installed: [InstalledGroupVersion]) -> [[InstalledGroupVersion]] {
        Dictionary(grouping: installed, by: \.groupVersion.group).values
            .map { versions in
                versions.sorted { ($1.versionPriority, $0.groupVersion.version) < ($0.versionPriority, $1.groupVersion.version) }
            }
            .sorted { left, right in
                let priorities = (left.map(\.groupPriority).max() ?? 0, right.map(\.groupPriority).max() ?? 0)
                return (priorities.1, left[0].groupVersion.group) < (priorities.0, right[0].groupVersion.group)
            }
    }

    private static func group(_ versions: [InstalledGroupVersion], isDocument: Bool) -> JSONValue {
        let entries: [JSONValue] = versions.map {
            ["groupVersion": .string($0.groupVersion.description), "version": .string($0.groupVersion.version)]
        }
        var group: JSONObject = isDocument ? ["kind": "APIGroup", "apiVersion": "v1"] : [:]
        group["name"] = .string(versions[0].groupVersion.group)
        group["versions"] = .array(entries)
        group["preferredVersion"] = entries[0]
        return .object(group)
    }

    private static func resourceList(_ installed: InstalledGroupVersion) -> JSONValue {
        [
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(installed.groupVersion.description),
            "resources": .array(installed.endpoints.map { resource($0) }),
        ]
    }

    private static func resource(_ endpoint: ResourceEndpoint) -> JSONValue {
        let description = endpoint.description
        let isMain = endpoint.subresource.isEmpty
        var resource: JSONObject = [
            "name": .string(isMain ? endpoint.plural : "\(endpoint.plural)/\(endpoint.subresource)"),
            "singularName": .string(isMain ? description.singular : ""),
            "namespaced": .bool(endpoint.namespaced),
        ]
        if description.kind.groupVersion != endpoint.groupVersion {
            if !description.kind.group.isEmpty { resource["group"] = .string(description.kind.group) }
            resource["version"] = .string(description.kind.version)
        }
        resource["kind"] = .string(description.kind.kind)
        resource["verbs"] = .array(endpoint.verbs.map { .string($0) })
        guard isMain else { return .object(resource) }
        if !description.shortNames.isEmpty { resource["shortNames"] = .array(description.shortNames.map { .string($0) }) }
        if !description.categories.isEmpty { resource["categories"] = .array(description.categories.map { .string($0) }) }
        resource["storageVersionHash"] = .string(StorageVersionHash.of(description.kind))
        return .object(resource)
    }
}

/// A group version as it is installed.
struct InstalledGroupVersion: Sendable {
    let groupVersion: GroupVersion
    let groupPriority: Int
    let versionPriority: Int
    /// Resources and subresources in the order in which they are listed.
    let endpoints: [ResourceEndpoint]
}

/// Names the kind that a resource is stored as, so that a migration can tell when it changes.
enum StorageVersionHash {
    /// The first eight bytes of a SHA-256, in base 64.
    static func of(_ kind: GroupVersionKind) -> String {
        let digest = SHA256.hash(data: Array("\(kind.group)/\(kind.version)/\(kind.kind)".utf8))
        return Base64.encode(Array(digest.prefix(8)))
    }
}

/// Base 64 with padding.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for position in 0..<4 {
                text.append(position <= group.count ? alphabet[bits >> (18 - 6 * position) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
