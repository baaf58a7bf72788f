//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// Finds the endpoint of a resource request.
struct ResourceRouter: Sendable {
    private struct Key: Hashable {
        var groupVersion: GroupVersion
        var plural: String
        var subresource: String
    }

    private let endpoints: [Key: ResourceEndpoint]

    init(_ installed: [InstalledGroupVersion]) {
        endpoints = Dictionary(
            installed.flatMap(\.endpoints).map { (Key(groupVersion: $0.groupVersion, plural: $0.plural, subresource: $0.subresource), $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// nil when nothing is served there.
    func endpoint(for info: RequestInfo) -> ResourceEndpoint? {
        guard info.groupVersion.group.isEmpty == (info.apiPrefix == "api") else { return nil }
        let key = Key(groupVersion: info.groupVersion, plural: info.resource, subresource: info.subresource)
        guard let endpoint = endpoints[key], endpoint.serves(info) else { return nil }
        return endpoint
    }
}
