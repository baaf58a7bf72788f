//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

/// Writes a list as the client wants it: a head, the objects' own bytes joined, a tail.
struct ListOutput: Sendable {
    /// A list larger than this leaves in chunks of about that size, while the client reads, so that it is never in memory as a whole.
    static let chunkSize = 256 * 1024

    let format: OutputFormat
    /// Set when rows are wanted.
    let table: TableFormat?

    /// A response with a list.
    func response(_ list: StorageList, kind: String, groupVersion: GroupVersion) throws(Status) -> HTTPResponse {
        var head: [UInt8] = []
        if let table {
            table.writeHead(metadata: Self.metadata(of: list), withColumns: true, into: &head)
            for (index, object) in list.items.enumerated() {
                if index > 0 { head.append(UInt8(ascii: ",")) }
                try table.writeRow(object, into: &head)
            }
            table.writeTail(into: &head)
            head.append(UInt8(ascii: "\n"))
            return try .encoded(head, status: 200, format: format)
        }
        let isPartial = format.transformation == .partialObjectMetadataList
        let members: JSONValue = [
            "kind": .string(isPartial ? "PartialObjectMetadataList" : kind),
            "apiVersion": .string(isPartial ? "meta.k8s.io/v1" : groupVersion.description),
            "metadata": Self.metadata(of: list),
        ]
        members.write(into: &head)
        head.removeLast()
        head.append(contentsOf: #","items":["#.utf8)
        return try joined(list.items, head: head) { object, buffer in
            if isPartial { PartialObjectMetadata.write(object, into: &buffer) } else { object.write(into: &buffer) }
        }
    }

    private func joined(
        _ items: [StoredObject], head: [UInt8], write: @escaping @Sendable (StoredObject, inout [UInt8]) -> Void
    ) throws(Status) -> HTTPResponse {
        let size = items.reduce(head.count) { $0 + $1.bytes.count + 48 }
        guard size > Self.chunkSize, format.encoding == .json, !format.pretty else {
            var bytes = head
            bytes.reserveCapacity(size)
            for (index, object) in items.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(object, &bytes)
            }
            bytes.append(contentsOf: "]}\n".utf8)
            return try .encoded(bytes, status: 200, format: format)
        }
        let stream = HTTPResponseStream { writer in
            var chunk = head
            for (index, object) in items.enumerated() {
                if index > 0 { chunk.append(UInt8(ascii: ",")) }
                write(object, &chunk)
                if chunk.count >= Self.chunkSize {
                    try await writer.write([chunk])
                    chunk.removeAll(keepingCapacity: true)
                }
            }
            chunk.append(contentsOf: "]}\n".utf8)
            try await writer.write([chunk])
        }
        return HTTPResponse(status: 200, headers: ["Content-Type": format.contentType], body: .stream(stream))
    }

    private static func metadata(of list: StorageList) -> JSONValue {
        var metadata: JSONObject = ["resourceVersion": .string(list.resourceVersion.description)]
        if let token = list.continueToken { metadata["continue"] = .string(token) }
        if let remaining = list.remainingItemCount { metadata["remainingItemCount"] = .integer(Int64(remaining)) }
        return .object(metadata)
    }
}
