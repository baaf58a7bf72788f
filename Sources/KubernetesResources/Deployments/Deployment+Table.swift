//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry

extension Deployment {
    static var table: TableConversion<Deployment> {
        TableConversion(columns: [
            .name,
            TableColumn(name: "Ready", description: "Ready pods out of the wanted ones."),
            TableColumn(name: "Up-to-date", type: "integer", description: "Pods that were made from the newest template."),
            TableColumn(name: "Available", type: "integer", description: "Pods that have been ready for long enough."),
            .age,
            TableColumn(name: "Containers", description: "Names of the template's containers.", priority: 1),
            TableColumn(name: "Images", description: "Images of the template's containers.", priority: 1),
            TableColumn(name: "Selector", description: "Labels by which the deployment finds its pods.", priority: 1),
        ]) { deployment in
            let containers = deployment.spec.template.spec["containers"]?.arrayValue ?? []
            func joined(_ member: String) -> JSONValue {
                .string(containers.compactMap { $0[member]?.stringValue }.joined(separator: ","))
            }
            let selector = deployment.spec.selector?.text ?? ""
            return [
                .string(deployment.metadata.name), .string("\(deployment.status.readyReplicas)/\(deployment.spec.replicas ?? 0)"),
                .integer(Int64(deployment.status.updatedReplicas)), .integer(Int64(deployment.status.availableReplicas)),
                .age(of: deployment.metadata), joined("name"), joined("image"), .string(selector.isEmpty ? "<none>" : selector),
            ]
        }
    }
}

extension Deployment: ScalableResource {
    /// How many pods are wanted.
    public var wantedReplicas: Int32 { spec.replicas ?? 0 }
    /// How many pods there are.
    public var presentReplicas: Int32 { status.replicas }
    /// Which pods are the deployment's.
    public var selectorText: String { spec.selector?.text ?? "" }
}
