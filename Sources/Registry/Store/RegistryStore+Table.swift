//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

extension RegistryStore {
    /// The columns of the server-side table.
    public var tableColumns: [TableColumn] { configuration.table.columns }

    /// The cells of one object. Decodes it.
    public func tableCells(for object: StoredObject) throws(Status) -> [JSONValue] {
        configuration.table.cells(try codec.decode(object))
    }
}
