//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry

extension TableColumn {
    static var name: TableColumn {
        TableColumn(name: "Name", format: "name", description: "The object's name, unique among its kind in its namespace.")
    }

    static var age: TableColumn {
        TableColumn(name: "Age", description: "Time since the object was created.")
    }
}

extension JSONValue {
    /// The cell under ``TableColumn/age``.
    static func age(of metadata: ObjectMeta) -> JSONValue {
        .string(metadata.creationTimestamp?.age(at: .now) ?? "<unknown>")
    }
}
