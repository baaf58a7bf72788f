//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A parameter of an operation, in a path or a query.
struct OpenAPIParameter: Sendable {
    var name: String
    var type = "string"
    var inPath = false
    var description: String

    /// The parameter as a document spells it.
    func value(_ dialect: OpenAPIDialect) -> JSONValue {
        var result: JSONValue = ["name": .string(name), "in": inPath ? "path" : "query", "description": .string(description)]
        if inPath { result["required"] = true }
        let type: JSONValue = .string(type)
        switch dialect {
        case .v2:
            result["type"] = type
            result["uniqueItems"] = true
        case .v3: result["schema"] = ["type": type, "uniqueItems": true]
        }
        return result
    }

    static let pretty = OpenAPIParameter(name: "pretty", description: "Anything but false and 0 indents the answer")
    static let dryRun = OpenAPIParameter(name: "dryRun", description: "All does everything but the storing")
    static let fieldManager = OpenAPIParameter(name: "fieldManager", description: "Name of whoever makes the change, at most 128 characters")
    static let fieldValidation = OpenAPIParameter(
        name: "fieldValidation", description: "What becomes of unknown and duplicate fields: Ignore, Warn (the default) or Strict")
    static let force = OpenAPIParameter(
        name: "force", type: "boolean", description: "Takes over fields that others manage; only for server-side apply")

    static func name(of kind: String) -> OpenAPIParameter {
        OpenAPIParameter(name: "name", inPath: true, description: "Name of the \(kind)")
    }

    static let namespace = OpenAPIParameter(name: "namespace", inPath: true, description: "Namespace of the objects")

    static let writing = [dryRun, fieldManager, fieldValidation]

    static let deleting = [
        dryRun,
        OpenAPIParameter(name: "gracePeriodSeconds", type: "integer", description: "Seconds the object may take to end; 0 ends it now"),
        OpenAPIParameter(
            name: "ignoreStoreReadErrorWithClusterBreakingPotential", type: "boolean",
            description: "Deletes an object that can't be read any more; breaks what depends on it"),
        OpenAPIParameter(name: "orphanDependents", type: "boolean", description: "Old form of propagationPolicy"),
        OpenAPIParameter(name: "propagationPolicy", description: "What becomes of dependents: Orphan, Background or Foreground"),
    ]

    static let selecting = [
        OpenAPIParameter(name: "continue", description: "Token of the page before, to go on behind it"),
        OpenAPIParameter(name: "fieldSelector", description: "Which fields the objects must have"),
        OpenAPIParameter(name: "labelSelector", description: "Which labels the objects must have"),
        OpenAPIParameter(name: "limit", type: "integer", description: "How many objects a page may have"),
        OpenAPIParameter(name: "resourceVersion", description: "How old the answer may be, or from where to watch"),
        OpenAPIParameter(name: "resourceVersionMatch", description: "How resourceVersion is meant: Exact or NotOlderThan"),
        OpenAPIParameter(name: "sendInitialEvents", type: "boolean", description: "Begins a watch with the objects that exist"),
        OpenAPIParameter(name: "timeoutSeconds", type: "integer", description: "Seconds after which the answer ends"),
    ]

    static let listing =
        [OpenAPIParameter(name: "allowWatchBookmarks", type: "boolean", description: "The watcher understands bookmarks")] + selecting + [
            OpenAPIParameter(name: "watch", type: "boolean", description: "Follows changes instead of listing")
        ]
}
