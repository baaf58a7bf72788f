//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// Writes one object as the client wants it. The stored bytes pass through; only the version is put in its place.
struct ObjectOutput: Sendable {
    let format: OutputFormat
    /// Set when rows are wanted.
    let table: TableFormat?

    /// A response with one object.
    func response(_ object: StoredObject, status: Int) throws(Status) -> HTTPResponse {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(object.bytes.count + 64)
        if let table {
            try table.writeTable(of: object, withColumns: true, into: &bytes)
        } else if format.transformation == .partialObjectMetadata {
            PartialObjectMetadata.write(object, into: &bytes)
        } else {
            object.write(into: &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
        return try .encoded(bytes, status: status, format: format)
    }
}
