//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry

extension ConfigMap {
    static var table: TableConversion<ConfigMap> {
        TableConversion(columns: [
            .name,
            TableColumn(name: "Data", description: "How many keys the config map has, texts and bytes together."),
            .age,
        ]) { configMap in
            [
                .string(configMap.metadata.name), .integer(Int64(configMap.data.count + configMap.binaryData.count)),
                .age(of: configMap.metadata),
            ]
        }
    }
}
