//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry
import Storage

/// The options of a list, watch or deletecollection, read from a query and checked against each other.
///
/// Source of the rule: upstream meta/internalversion ListOptions with its defaulting and validation.
struct ListQuery: Sendable {
    /// The options as the storage takes them.
    var options = ResourceListOptions()
    /// How long a watch may last; nil when the client doesn't say.
    var timeoutSeconds: Int64?

    /// Reads a query.
    /// - Parameter description: says which field selectors there are.
    /// - Throws: 400 for what can't be read, 422 for what contradicts itself.
    init(_ query: QueryParameters, isWatch: Bool, description: ResourceDescription) throws(Status) {
        options.labelSelector = try Self.selector(query.nonEmpty("labelSelector"), none: .everything, LabelSelector.init(parsing:))
        options.fieldSelector = try Self.selector(query.nonEmpty("fieldSelector"), none: .everything, FieldSelector.init(parsing:))
        try Self.checkFields(of: options.fieldSelector, description: description)
        options.limit = Int(clamping: try query.integer("limit") ?? 0)
        options.continueToken = query.nonEmpty("continue")
        options.allowWatchBookmarks = query.flag("allowWatchBookmarks") ?? false
        options.sendInitialEvents = query.flag("sendInitialEvents")
        timeoutSeconds = try query.integer("timeoutSeconds")
        let version = query.nonEmpty("resourceVersion")
        var match = query.nonEmpty("resourceVersionMatch")
        if isWatch, options.sendInitialEvents == nil, match == nil, version == nil || version == "0" {
            options.sendInitialEvents = true
            match = ResourceVersionMatch.notOlderThan.rawValue
        }
        let errors =
            isWatch ? Self.watchErrors(options, match: match) : Self.listErrors(options, match: match, version: version)
        guard errors.isEmpty else { throw .invalid(kind: GroupVersionKind.metaOptions("ListOptions"), name: "", errors: errors) }
        options.resourceVersionMatch = match.flatMap(ResourceVersionMatch.init(rawValue:))
        options.resourceVersion = try Self.resourceVersion(version, isWatch: isWatch)
    }

    /// Reads a version; nil when it isn't given.
    static func resourceVersion(_ text: String?, isWatch: Bool) throws(Status) -> ResourceVersion? {
        guard let text else { return nil }
        if let version = ResourceVersion(parsing: text) { return version }
        if isWatch {
            let error = FieldError.invalid("resourceVersion", .string(text), "it must be an unsigned integer")
            throw .invalid(kind: GroupVersionKind.metaOptions("ListOptions"), name: "", errors: [error])
        }
        throw .badRequest("invalid resource version \(text.goQuoted): it must be an unsigned integer")
    }

    private static func selector<Selector>(
        _ text: String?, none: Selector, _ parse: (String) throws(SelectorError) -> Selector
    ) throws(Status) -> Selector {
        guard let text else { return none }
        do {
            return try parse(text)
        } catch {
            throw .badRequest("\(error)")
        }
    }

    private static func checkFields(of selector: FieldSelector, description: ResourceDescription) throws(Status) {
        for field in selector.fields where field != "metadata.name" && field != "metadata.namespace" {
            guard description.selectableFields.contains(field) else { throw .badRequest("field label not supported: \(field)") }
        }
    }

    private static func listErrors(_ options: ResourceListOptions, match: String?, version: String?) -> [FieldError] {
        var errors: [FieldError] = []
        if options.limit < 0 { errors.append(.negative("limit", options.limit)) }
        if options.sendInitialEvents != nil {
            errors.append(.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
        }
        guard let match else { return errors }
        if version == nil { errors.append(.forbiddenMatch("resourceVersionMatch is forbidden unless resourceVersion is provided")) }
        if options.continueToken != nil { errors.append(.forbiddenMatch("resourceVersionMatch is forbidden when continue is provided")) }
        if ResourceVersionMatch(rawValue: match) == nil {
            errors.append(.notSupported("resourceVersionMatch", .string(match), supported: ["Exact", "NotOlderThan"]))
        }
        if match == ResourceVersionMatch.exact.rawValue, version == "0" {
            errors.append(.forbiddenMatch("resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\""))
        }
        return errors
    }

    private static func watchErrors(_ options: ResourceListOptions, match: String?) -> [FieldError] {
        var errors: [FieldError] = []
        let notOlderThan = ResourceVersionMatch.notOlderThan.rawValue
        if options.limit < 0 { errors.append(.negative("limit", options.limit)) }
        if options.sendInitialEvents != nil, match != notOlderThan {
            errors.append(.forbiddenMatch("sendInitialEvents requires setting resourceVersionMatch to \(notOlderThan)"))
        }
        guard let match else { return errors }
        if options.sendInitialEvents == nil {
            errors.append(.forbiddenMatch("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"))
        }
        if match != notOlderThan { errors.append(.notSupported("resourceVersionMatch", .string(match), supported: [notOlderThan])) }
        if options.continueToken != nil { errors.append(.forbiddenMatch("resourceVersionMatch is forbidden when continue is provided")) }
        return errors
    }
}

extension GroupVersionKind {
    /// The kind that messages about options name, such as `ListOptions`.
    static func metaOptions(_ kind: String) -> GroupVersionKind {
        GroupVersionKind(group: "meta.k8s.io", version: "v1", kind: kind)
    }
}

extension FieldError {
    fileprivate static func forbiddenMatch(_ detail: String) -> FieldError { .forbidden("resourceVersionMatch", detail) }

    fileprivate static func negative(_ field: String, _ value: Int) -> FieldError {
        .invalid(field, .integer(Int64(value)), "must be greater than or equal to 0")
    }
}
