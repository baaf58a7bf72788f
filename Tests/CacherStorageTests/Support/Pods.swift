//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

@testable import CacherStorage

/// The JSON of a pod, as it is stored.
func podBytes(_ name: String, namespace: String = "ns", labels: [String: String] = [:], note: String = "") -> [UInt8] {
    let labelText = labels.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\"\($0.value)\"" }.joined(separator: ",")
    let metadata = "{\"name\":\"\(name)\",\"namespace\":\"\(namespace)\",\"labels\":{\(labelText)}}"
    return Array("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":\(metadata),\"spec\":{\"note\":\"\(note)\"}}\n".utf8)
}

func pod(
    _ name: String, namespace: String = "ns", labels: [String: String] = [:], note: String = "", at version: UInt64 = 1
) -> StoredObject {
    StoredObject(
        key: "/pods/\(namespace)/\(name)", bytes: podBytes(name, namespace: namespace, labels: labels, note: note),
        resourceVersion: ResourceVersion(version))
}

func element(_ object: StoredObject) -> CachedElement {
    CachedElement(object: object, attributes: try? SelectionPredicate.metadataAttributes(object))
}

/// An element without an object worth the name, for tests of the tree.
func bareElement(_ key: String, version: UInt64 = 1) -> CachedElement {
    CachedElement(object: StoredObject(key: key, bytes: [], resourceVersion: ResourceVersion(version)), attributes: nil)
}

extension WatchEvent {
    /// Such as `ADDED /pods/ns/a@7`, `BOOKMARK@9`, `END@9`, `expired`: everything but the bytes.
    var summary: String {
        switch self {
        case .change(let change): "\(change.kind.rawValue) \(change.object.key)@\(change.object.resourceVersion)"
        case .bookmark(let version, let endsInitialEvents): "\(endsInitialEvents ? "END" : "BOOKMARK")@\(version)"
        case .failure(let error): "\(error.code)"
        }
    }

    var change: WatchChange? {
        if case .change(let change) = self { change } else { nil }
    }
}

/// Reads a watch event by event, for tests that care about each.
struct WatchReader {
    private var iterator: WatchStream.Iterator

    init(_ stream: WatchStream) {
        iterator = stream.makeAsyncIterator()
    }

    mutating func next() async -> WatchEvent? {
        await iterator.next()
    }

    /// The summaries of the next events; fewer when the watch ends.
    mutating func next(_ count: Int) async -> [String] {
        var summaries: [String] = []
        while summaries.count < count, let event = await iterator.next() { summaries.append(event.summary) }
        return summaries
    }

    /// What follows until the watch ends.
    mutating func rest() async -> [String] {
        var summaries: [String] = []
        while let event = await iterator.next() { summaries.append(event.summary) }
        return summaries
    }
}
