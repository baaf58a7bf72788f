//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry
import Storage

/// The options of a delete: those of the body when it has one, else those of the query.
///
/// Source of the rule: upstream DeleteResource, and meta/v1 DeleteOptions with its validation.
enum DeleteQuery {
    private static let ignoreReadError = "ignoreStoreReadErrorWithClusterBreakingPotential"

    /// Reads a query.
    /// - Parameter allowsUnreadable: the option to delete what can't be read is heeded.
    /// - Throws: 400 for what can't be read, 422 for what isn't allowed.
    static func options(_ query: QueryParameters, allowsUnreadable: Bool = true) throws(Status) -> DeleteOptions {
        try options(
            gracePeriodSeconds: try query.integer("gracePeriodSeconds"), orphanDependents: query.flag("orphanDependents"),
            propagationPolicy: query.nonEmpty("propagationPolicy"), dryRun: query.values(of: "dryRun"), preconditions: nil,
            ignoresStoreReadError: allowsUnreadable && query.flag(ignoreReadError) ?? false)
    }

    /// Reads a body that has been parsed.
    /// - Throws: 400 for what can't be read, 422 for what isn't allowed.
    static func options(_ body: JSONValue, allowsUnreadable: Bool = true) throws(Status) -> DeleteOptions {
        guard case .object = body else { throw .badRequest("the body of a delete must be a DeleteOptions object") }
        if let kind = body["kind"]?.stringValue, kind != "DeleteOptions" {
            throw .badRequest("the body of a delete must be a DeleteOptions object, not a \(kind.goQuoted)")
        }
        let preconditions = try body.member("preconditions", \.objectValue, "an object")
            .map { JSONValue.object($0) }
            .map { value throws(Status) in
                Preconditions(
                    uid: try value.member("uid", \.stringValue, "a string"),
                    resourceVersion: try value.member("resourceVersion", \.stringValue, "a string"))
            }
        var dryRun: [String] = []
        for value in try body.member("dryRun", \.arrayValue, "a list of strings") ?? [] {
            guard let text = value.stringValue else { throw .badRequest("DeleteOptions: dryRun must be a list of strings") }
            dryRun.append(text)
        }
        let ignoresStoreReadError = try body.member(ignoreReadError, \.boolValue, "true or false") ?? false
        return try options(
            gracePeriodSeconds: try body.member("gracePeriodSeconds", \.integerValue, "an integer"),
            orphanDependents: try body.member("orphanDependents", \.boolValue, "true or false"),
            propagationPolicy: try body.member("propagationPolicy", \.stringValue, "a string"),
            dryRun: dryRun, preconditions: preconditions,
            ignoresStoreReadError: allowsUnreadable && ignoresStoreReadError)
    }

    private static func options(
        gracePeriodSeconds: Int64?, orphanDependents: Bool?, propagationPolicy: String?, dryRun: [String], preconditions: Preconditions?,
        ignoresStoreReadError: Bool
    ) throws(Status) -> DeleteOptions {
        var errors = WriteQuery.dryRunErrors(dryRun)
        let policy = propagationPolicy.flatMap(DeleteOptions.PropagationPolicy.init(rawValue:))
        if let propagationPolicy, policy == nil {
            errors.append(.notSupported("propagationPolicy", .string(propagationPolicy), supported: ["Foreground", "Background", "Orphan"]))
        }
        if orphanDependents != nil, propagationPolicy != nil {
            errors.append(
                .invalid(
                    "propagationPolicy", propagationPolicy.map { .string($0) }, "orphanDependents and deletionPropagation cannot be both set"))
        }
        if ignoresStoreReadError {
            let others = [
                ("propagationPolicy", propagationPolicy != nil), ("orphanDependents", orphanDependents != nil),
                ("gracePeriodSeconds", gracePeriodSeconds != nil), ("preconditions", preconditions != nil),
            ]
            for (name, isSet) in others where isSet {
                errors.append(.invalid(ignoreReadError, true, "cannot be set together with .\(name)"))
            }
        }
        guard errors.isEmpty else { throw .invalid(kind: GroupVersionKind.metaOptions("DeleteOptions"), name: "", errors: errors) }
        return DeleteOptions(
            gracePeriodSeconds: gracePeriodSeconds, preconditions: preconditions, orphanDependents: orphanDependents, propagationPolicy: policy,
            dryRun: dryRun.contains { !$0.isEmpty }, ignoresStoreReadError: ignoresStoreReadError)
    }

    /// What a collection is deleted with.
    /// - Throws: 422 for what goes for single objects only: whoever breaks glass must name the pane.
    static func checkForCollection(_ options: DeleteOptions) throws(Status) {
        guard options.ignoresStoreReadError else { return }
        let error = FieldError.invalid(ignoreReadError, true, "is not allowed with DELETECOLLECTION, try again after removing the option")
        throw .invalid(kind: GroupVersionKind.metaOptions("DeleteOptions"), name: "", errors: [error])
    }
}

extension JSONValue {
    /// A member of a type; nil when it is absent or null.
    fileprivate func member<Value>(_ name: String, _ read: KeyPath<JSONValue, Value?>, _ type: String) throws(Status) -> Value? {
        guard let member = self[name], !member.isNull else { return nil }
        guard let value = member[keyPath: read] else { throw .badRequest("DeleteOptions: \(name) must be \(type)") }
        return value
    }
}
