//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// What a URL and a method ask for.
///
/// Source of the rule: upstream endpoints/request RequestInfoFactory.
struct RequestInfo: Sendable, Hashable {
    /// True when the URL names a resource of an API, false for discovery, health and the like.
    var isResourceRequest = false
    /// The decoded path.
    var path: String
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; the method in lower case when it isn't about a
    /// resource; empty for a method that no resource has.
    var verb: String
    /// `api` or `apis`.
    var apiPrefix = ""
    /// The group and version.
    var groupVersion = GroupVersion(group: "", version: "")
    /// The namespace; empty when the URL has none. For a namespace object itself: its name.
    var namespace = ""
    /// The plural name of the resource.
    var resource = ""
    /// What hangs below the object, such as `status`; empty without one.
    var subresource = ""
    /// The object's name; empty for collections.
    var name = ""
    /// What is left of the path behind the subresource.
    var remainder: [String] = []

    /// True when the client follows changes, so that the request has no end of its own.
    var isLongRunning: Bool { verb == "watch" }

    /// Reads a decoded path. Never fails: what makes no sense as a resource is a non-resource path, and isn't found.
    init(method: String, path: String, query: QueryParameters) {
        self.path = path
        verb = method.lowercased()
        var parts = path.split(separator: "/").map(String.init)[...]
        guard parts.count >= 3, let prefix = parts.first, prefix == "api" || prefix == "apis" else { return }
        parts.removeFirst()
        var group = ""
        if prefix == "apis" {
            guard parts.count >= 3 else { return }
            group = parts.removeFirst()
        }
        let version = parts.removeFirst()
        var verb = Self.verb(of: method)
        if parts.first == "watch" {
            guard parts.count >= 2 else { return }
            verb = "watch"
            parts.removeFirst()
        }
        if parts.first == "namespaces", parts.count > 1 {
            namespace = parts[parts.startIndex + 1]
            // A namespace's own subresources are reached by the path of the namespace, which looks like a collection inside it.
            if parts.count > 2, !["status", "finalize"].contains(parts[parts.startIndex + 2]) { parts = parts.dropFirst(2) }
        }
        resource = parts.removeFirst()
        name = parts.popFirst() ?? ""
        subresource = parts.popFirst() ?? ""
        remainder = Array(parts)
        isResourceRequest = true
        apiPrefix = prefix
        groupVersion = GroupVersion(group: group, version: version)
        self.verb = name.isEmpty ? Self.collectionVerb(verb, query: query) : verb
    }

    private static func verb(of method: String) -> String {
        switch method {
        case "POST": "create"
        case "GET", "HEAD": "get"
        case "PUT": "update"
        case "PATCH": "patch"
        case "DELETE": "delete"
        default: ""
        }
    }

    private static func collectionVerb(_ verb: String, query: QueryParameters) -> String {
        switch verb {
        case "get": query.flag("watch") == true ? "watch" : "list"
        case "delete": "deletecollection"
        default: verb
        }
    }
}
