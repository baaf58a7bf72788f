//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Registry

/// A version of an API group to be served, with its resources.
public struct APIGroupInfo: Sendable {
    /// The group and version. The core group is served below `/api`, all others below `/apis`.
    public var groupVersion: GroupVersion
    /// Resources and subresources.
    public var resources: [InstalledResource]
    /// Groups of higher priority come first in discovery; equal ones by name.
    public var groupPriority: Int
    /// Versions of higher priority come first in their group.
    public var versionPriority: Int

    /// A group version.
    public init(groupVersion: GroupVersion, resources: [InstalledResource], groupPriority: Int = 1000, versionPriority: Int = 15) {
        self.groupVersion = groupVersion
        self.resources = resources
        self.groupPriority = groupPriority
        self.versionPriority = versionPriority
    }
}
