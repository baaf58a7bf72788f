//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry
import Storage

/// Turns events into the lines that clients read: `{"type":…,"object":…}`, one JSON object a line.
///
/// The bytes of an object are framed once for all watchers that want the same form of it, through ``SharedEncodings``.
///
/// Source of the rule: upstream endpoints/handlers/watch.go.
struct WatchFraming: Sendable {
    let kind: GroupVersionKind
    let groupResource: GroupResource
    let format: OutputFormat
    /// Set when rows are wanted.
    let table: TableFormat?
    /// True until the column definitions have been sent, which only the first event carries.
    private var needsColumns = true
    private let forms: (added: String, modified: String, deleted: String)

    init(kind: GroupVersionKind, groupResource: GroupResource, format: OutputFormat, table: TableFormat?) {
        self.kind = kind
        self.groupResource = groupResource
        self.format = format
        self.table = table
        let shape = "\(format.transformation.rawValue)\(table?.includedObject.rawValue ?? "")"
        forms = ("json \(shape) ADDED", "json \(shape) MODIFIED", "json \(shape) DELETED")
    }

    /// The line of an event.
    mutating func frame(_ event: WatchEvent) throws(Status) -> [UInt8] {
        defer { needsColumns = false }
        switch event {
        case .change(let change):
            // The first row carries the columns, so it isn't like anybody else's.
            if table != nil, needsColumns { return try line(change) }
            return try shared(change)
        case .bookmark(let version, let endsInitialEvents): return try bookmark(version, endsInitialEvents: endsInitialEvents)
        case .failure(let error): return Self.line(error: Status(interpreting: error, operation: .watch, resource: groupResource))
        }
    }

    /// The line of an error.
    static func line(error: Status) -> [UInt8] { line(type: "ERROR", object: error.serialized()) }

    private func shared(_ change: WatchChange) throws(Status) -> [UInt8] {
        let form =
            switch change.kind {
            case .added: forms.added
            case .modified: forms.modified
            case .deleted: forms.deleted
            }
        do {
            return try change.encodings.bytes(of: form) { try line(change) }
        } catch {
            throw error as? Status ?? .internalError("\(error)")
        }
    }

    private func line(_ change: WatchChange) throws(Status) -> [UInt8] {
        var bytes = Self.head(change.kind.rawValue, capacity: change.object.bytes.count)
        if let table {
            try table.writeTable(of: change.object, withColumns: needsColumns, into: &bytes)
        } else if format.transformation == .partialObjectMetadata {
            PartialObjectMetadata.write(change.object, into: &bytes)
        } else {
            change.object.write(into: &bytes)
        }
        bytes.append(contentsOf: "}\n".utf8)
        return bytes
    }

    private func bookmark(_ version: ResourceVersion, endsInitialEvents: Bool) throws(Status) -> [UInt8] {
        var metadata: JSONObject = ["resourceVersion": .string(version.description)]
        if endsInitialEvents { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        let asMetadata = format.transformation != .none
        let object: JSONValue = [
            "kind": .string(asMetadata ? "PartialObjectMetadata" : kind.kind),
            "apiVersion": .string(asMetadata ? "meta.k8s.io/v1" : kind.groupVersion.description),
            "metadata": .object(metadata),
        ]
        guard let table else { return Self.line(type: "BOOKMARK", object: object.serialized()) }
        var bytes = Self.head("BOOKMARK", capacity: 256)
        table.writeHead(metadata: ["resourceVersion": .string(version.description)], withColumns: needsColumns, into: &bytes)
        bytes.append(contentsOf: #"{"cells":[],"object":"#.utf8)
        object.write(into: &bytes)
        bytes.append(UInt8(ascii: "}"))
        table.writeTail(into: &bytes)
        bytes.append(contentsOf: "}\n".utf8)
        return bytes
    }

    private static func head(_ type: String, capacity: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(capacity + 80)
        bytes.append(contentsOf: #"{"type":""#.utf8)
        bytes.append(contentsOf: type.utf8)
        bytes.append(contentsOf: #"","object":"#.utf8)
        return bytes
    }

    private static func line(type: String, object: [UInt8]) -> [UInt8] {
        var bytes = head(type, capacity: object.count)
        bytes.append(contentsOf: object)
        bytes.append(contentsOf: "}\n".utf8)
        return bytes
    }
}
