//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

extension RegistryStore {
    /// The key of an object in the request's namespace (which cluster-scoped resources ignore).
    /// - Throws: 400 without a namespace or a name, and for a name that can't be one segment of a path.
    public func key(name: String, context: RequestContext) throws(Status) -> String {
        var key = configuration.keyRoot
        if resource.namespaced {
            guard let namespace = context.namespace, !namespace.isEmpty else {
                throw Status.badRequest("Namespace parameter required.")
            }
            key += "/" + namespace
        }
        guard !name.isEmpty else { throw Status.badRequest("Name parameter required.") }
        let problems = NameValidation.pathSegment(name)
        guard problems.isEmpty else {
            throw Status.badRequest("Name parameter invalid: \"\(name)\": \(problems.joined(separator: ";"))")
        }
        return key + "/" + name
    }

    /// The key that all objects of the namespace (of all namespaces when nil) are below.
    func listKey(namespace: String?) -> String {
        guard resource.namespaced, let namespace, !namespace.isEmpty else { return configuration.keyRoot }
        return configuration.keyRoot + "/" + namespace
    }
}
