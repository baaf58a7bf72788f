//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry

/// Shows objects as rows: `meta.k8s.io/v1` Table.
///
/// Source of the rule: upstream endpoints/handlers/response.go.
struct TableFormat: Sendable {
    /// What of an object goes along with its row.
    enum IncludedObject: String, Sendable {
        case none = "None"
        case metadata = "Metadata"
        case object = "Object"
    }

    let convertor: any TableConvertor
    let includedObject: IncludedObject

    /// A format, as the query wants it.
    /// - Throws: 400 for an `includeObject` that doesn't exist.
    init(_ convertor: any TableConvertor, query: QueryParameters) throws(Status) {
        self.convertor = convertor
        let asked = query.nonEmpty("includeObject") ?? IncludedObject.metadata.rawValue
        guard let includedObject = IncludedObject(rawValue: asked) else {
            throw .badRequest("unrecognized includeObject value: \(asked.goQuoted); use None, Metadata or Object")
        }
        self.includedObject = includedObject
    }

    /// The beginning of a table, up to its rows.
    func writeHead(metadata: JSONValue, withColumns: Bool, into buffer: inout [UInt8]) {
        buffer.append(contentsOf: #"{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":"#.utf8)
        metadata.write(into: &buffer)
        buffer.append(contentsOf: #","columnDefinitions":"#.utf8)
        (withColumns ? columns : .null).write(into: &buffer)
        buffer.append(contentsOf: #","rows":["#.utf8)
    }

    /// A row.
    func writeRow(_ object: StoredObject, into buffer: inout [UInt8]) throws(Status) {
        buffer.append(contentsOf: #"{"cells":"#.utf8)
        JSONValue.array(try convertor.tableCells(for: object)).write(into: &buffer)
        buffer.append(contentsOf: #","object":"#.utf8)
        switch includedObject {
        case .none: buffer.append(contentsOf: "null".utf8)
        case .metadata: PartialObjectMetadata.write(object, into: &buffer)
        case .object: object.write(into: &buffer)
        }
        buffer.append(UInt8(ascii: "}"))
    }

    /// The end of a table.
    func writeTail(into buffer: inout [UInt8]) {
        buffer.append(contentsOf: "]}".utf8)
    }

    /// A table with one row.
    func writeTable(of object: StoredObject, withColumns: Bool, into buffer: inout [UInt8]) throws(Status) {
        writeHead(metadata: ["resourceVersion": .string(object.resourceVersion.description)], withColumns: withColumns, into: &buffer)
        try writeRow(object, into: &buffer)
        writeTail(into: &buffer)
    }

    private var columns: JSONValue {
        .array(
            convertor.tableColumns.map { column in
                [
                    "name": .string(column.name), "type": .string(column.type), "format": .string(column.format),
                    "description": .string(column.description), "priority": .integer(Int64(column.priority)),
                ]
            })
    }
}
