//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// An API group and version, such as `apps/v1`, or `v1` of the legacy core group (whose name is empty).
public struct GroupVersion: Hashable, Sendable, CustomStringConvertible {
    /// The group; empty for the core group.
    public let group: String
    /// The version, such as `v1beta1`.
    public let version: String

    /// Names a group and version.
    public init(group: String, version: String) {
        self.group = group
        self.version = version
    }

    /// Parses an `apiVersion` field; nil when it has more than one slash, or an empty part.
    public init?(apiVersion: String) {
        let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false)
        switch parts.count {
        case 1 where !parts[0].isEmpty: self.init(group: "", version: String(parts[0]))
        case 2 where !parts[0].isEmpty && !parts[1].isEmpty: self.init(group: String(parts[0]), version: String(parts[1]))
        default: return nil
        }
    }

    /// The text of an `apiVersion` field.
    public var description: String { group.isEmpty ? version : "\(group)/\(version)" }
}

/// A kind in a group and version: what a manifest's `apiVersion` and `kind` say.
public struct GroupVersionKind: Hashable, Sendable {
    /// The group and version.
    public let groupVersion: GroupVersion
    /// The kind, such as `Deployment`.
    public let kind: String

    /// Names a kind.
    public init(groupVersion: GroupVersion, kind: String) {
        self.groupVersion = groupVersion
        self.kind = kind
    }

    /// Names a kind.
    public init(group: String, version: String, kind: String) {
        self.init(groupVersion: GroupVersion(group: group, version: version), kind: kind)
    }

    /// The group, empty for core.
    public var group: String { groupVersion.group }
    /// The version.
    public var version: String { groupVersion.version }
}

/// A resource, as a URL names it: the lower-case plural, with its group and version.
public struct GroupVersionResource: Hashable, Sendable {
    /// The group and version.
    public let groupVersion: GroupVersion
    /// The plural name, such as `deployments`.
    public let resource: String

    /// Names a resource.
    public init(groupVersion: GroupVersion, resource: String) {
        self.groupVersion = groupVersion
        self.resource = resource
    }

    /// Without the version.
    public var groupResource: GroupResource { GroupResource(group: groupVersion.group, resource: resource) }
}

/// A resource regardless of version: what error messages and metrics name.
public struct GroupResource: Hashable, Sendable, CustomStringConvertible {
    /// The group, empty for core.
    public let group: String
    /// The plural name.
    public let resource: String

    /// Names a resource.
    public init(group: String, resource: String) {
        self.group = group
        self.resource = resource
    }

    /// `deployments.apps`, or `configmaps` in the core group: the form of upstream's messages.
    public var description: String { group.isEmpty ? resource : "\(resource).\(group)" }
}
