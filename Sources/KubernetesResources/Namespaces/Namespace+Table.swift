//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry

extension Namespace {
    static var table: TableConversion<Namespace> {
        TableConversion(columns: [
            .name,
            TableColumn(name: "Status", description: "Whether the namespace is in use (Active) or being emptied (Terminating)."),
            .age,
        ]) { namespace in
            [.string(namespace.metadata.name), .string(namespace.status.phase), .age(of: namespace.metadata)]
        }
    }
}
