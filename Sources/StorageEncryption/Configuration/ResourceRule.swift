//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// A name in a configuration's list of resources: a resource, all of a group, or all.
struct ResourceRule: Hashable, CustomStringConvertible {
    let resource: String
    let group: String

    init(resource: String, group: String) {
        self.resource = resource
        self.group = group
    }

    /// Reads `secrets`, `deployments.apps`, `*.apps`, `*.` (the core group) or `*.*`.
    init(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        resource = String(parts.first ?? "")
        group = parts.count > 1 ? String(parts[1]) : ""
    }

    /// The rules that apply to a resource, the most exact one first.
    static func candidates(for resource: GroupResource) -> [ResourceRule] {
        [
            ResourceRule(resource: resource.resource, group: resource.group), ResourceRule(resource: "*", group: resource.group),
            ResourceRule(resource: "*", group: "*"),
        ]
    }

    /// Whether all that the other names is named by this one.
    func covers(_ other: ResourceRule) -> Bool {
        if self == other { return true }
        guard resource == "*" else { return false }
        return group == "*" || group == other.group
    }

    var description: String {
        if resource == "*" { return "*.\(group)" }
        return group.isEmpty ? resource : "\(resource).\(group)"
    }
}
