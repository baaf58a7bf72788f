//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What a server installs: a resource or subresource, and the path below its group and version at which it answers.
///
/// The group and version are those of the list it is installed in; the kind of a subresource may belong to another one (`deployments/scale` of `apps/v1`
/// serves `autoscaling/v1` Scale).
public struct InstalledResource: Sendable {
    /// `deployments`, or `deployments/status`.
    public var path: String
    /// What serves it.
    public var storage: any RESTStorage

    /// A resource at a path.
    public init(path: String, storage: any RESTStorage) {
        self.path = path
        self.storage = storage
    }
}
