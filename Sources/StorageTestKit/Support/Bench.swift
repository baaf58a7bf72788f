//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

/// A storage of pods with what a behaviour does to it.
struct Bench: Sendable {
    let subject: any ConformanceSubject
    let capabilities: Set<ConformanceCapability>
    let patience: Duration
    let optionalTransformer: SwitchableTransformer?

    var storage: any Storage { subject.storage }

    /// For behaviours that need ``ConformanceCapability/transformer``.
    var transformer: SwitchableTransformer {
        get throws { try required(optionalTransformer, "the transformer") }
    }

    func has(_ capability: ConformanceCapability) -> Bool { capabilities.contains(capability) }

    // MARK: Pods

    static func key(_ name: String, in namespace: String = "ns") -> String { "/pods/\(namespace)/\(name)" }

    static func pod(
        _ name: String, in namespace: String = "ns", labels: [String: String] = [:], node: String = "", n: Int = 0, uid: String? = nil,
        extra: String = ""
    ) -> [UInt8] {
        let pairs = labels.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\"\($0.value)\"" }.joined(separator: ",")
        return Array(
            """
            {"kind":"Pod","apiVersion":"v1","metadata":{"name":"\(name)","namespace":"\(namespace)","uid":"\(uid ?? "uid-\(name)")"\(extra),\
            "labels":{\(pairs)}},"spec":{"nodeName":"\(node)","n":\(n)}}

            """.utf8)
    }

    @discardableResult
    func create(
        _ name: String, in namespace: String = "ns", labels: [String: String] = [:], node: String = "", n: Int = 0, uid: String? = nil, ttl: Int = 0
    ) async throws -> StoredObject {
        let bytes = Bench.pod(name, in: namespace, labels: labels, node: node, n: n, uid: uid)
        return try await storage.create(Bench.key(name, in: namespace), bytes: bytes, ttl: ttl)
    }

    /// Writes a pod over whatever is there.
    @discardableResult
    func update(
        _ name: String, in namespace: String = "ns", labels: [String: String] = [:], node: String = "", n: Int, uid: String? = nil, ttl: Int? = nil
    ) async throws -> StoredObject {
        let bytes = Bench.pod(name, in: namespace, labels: labels, node: node, n: n, uid: uid)
        return try await storage.guaranteedUpdate(
            Bench.key(name, in: namespace), ignoreNotFound: true, preconditions: nil, suggestion: nil
        ) { _ in UpdateProposal(bytes: bytes, ttl: ttl) }
    }

    @discardableResult
    func delete(_ name: String, in namespace: String = "ns") async throws -> StoredObject {
        try await storage.delete(Bench.key(name, in: namespace), preconditions: nil, suggestion: nil) { _ in }
    }

    func get(_ name: String, in namespace: String = "ns") async throws -> StoredObject? {
        try await storage.get(Bench.key(name, in: namespace), options: GetOptions(ignoreNotFound: true))
    }

    func list(
        _ key: String = "/pods", at version: ResourceVersion? = nil, _ match: ResourceVersionMatch? = nil, labels: String = "", fields: String = "",
        limit: Int = 0, continuing token: String? = nil, recursive: Bool = true
    ) async throws -> StorageList {
        let predicate = try Bench.predicate(labels: labels, fields: fields, limit: limit, continueToken: token)
        return try await storage.list(key, options: ListOptions(resourceVersion: version, match: match, predicate: predicate, recursive: recursive))
    }

    func watch(
        _ key: String = "/pods", after version: ResourceVersion? = nil, labels: String = "", fields: String = "", bookmarks: Bool = false,
        initialEvents: Bool? = nil, recursive: Bool = true, progress: Bool = false
    ) async throws -> EventReader {
        let predicate = try Bench.predicate(labels: labels, fields: fields, bookmarks: bookmarks)
        let options = ListOptions(
            resourceVersion: version, predicate: predicate, recursive: recursive, progressNotify: progress, sendInitialEvents: initialEvents)
        return EventReader(try await storage.watch(key, options: options), patience: patience)
    }

    static func predicate(
        labels: String = "", fields: String = "", limit: Int = 0, continueToken: String? = nil, bookmarks: Bool = false
    ) throws -> SelectionPredicate {
        SelectionPredicate(
            labels: try LabelSelector(parsing: labels), fields: try FieldSelector(parsing: fields), attributes: ConformanceSetup.attributes,
            limit: limit, continueToken: continueToken, allowWatchBookmarks: bookmarks)
    }

    static func number(_ object: StoredObject?) throws -> Int {
        Int(try required(object?.value()["spec"]?["n"]?.integerValue, "the number of a pod"))
    }
}

extension Array where Element == StoredObject {
    /// The keys without the resource's prefix, as in `ns/a`.
    var names: [String] { map(\.shortName) }
}

extension StoredObject {
    /// The key without the resource's prefix.
    var shortName: String { String(key.dropFirst("/pods/".count)) }
}

extension ResourceVersion {
    /// One that no store reaches.
    static let farFuture = ResourceVersion(UInt64(Int64.max))
    var next: ResourceVersion { ResourceVersion(value + 1) }
    var previous: ResourceVersion { ResourceVersion(value - 1) }
}
