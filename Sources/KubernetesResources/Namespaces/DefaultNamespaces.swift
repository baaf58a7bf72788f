//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Logging
import Registry
import Storage

/// The namespaces that every cluster has.
enum DefaultNamespaces {
    static let names = ["default", "kube-system", "kube-public", "kube-node-lease"]

    /// Creates those that are missing.
    static func create(in namespaces: RegistryStore<Namespace>, logger: Logger) async throws(Status) {
        let context = RequestContext(namespace: nil, user: UserInfo(name: "system:apiserver"), logger: logger)
        for name in names {
            do throws(Status) {
                _ = try await namespaces.get(name, options: .init(), context: context)
                continue
            } catch  where error.reason == .notFound {
                // Created below.
            }
            do throws(Status) {
                _ = try await namespaces.create(Namespace(name: name).json(), options: CreateOptions(), context: context)
            } catch  where error.reason == .alreadyExists {
                // Another server was quicker.
            }
        }
    }
}
