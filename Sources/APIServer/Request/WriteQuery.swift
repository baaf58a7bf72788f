//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// What becomes of fields in a body that the resource doesn't know.
enum FieldValidation: String, Sendable, CaseIterable {
    /// They are dropped.
    case ignore = "Ignore"
    /// They are dropped, and the client is told.
    case warn = "Warn"
    /// They are an error.
    case strict = "Strict"
}

/// The options of create, update and patch, read from a query.
///
/// Source of the rule: upstream meta/v1 CreateOptions, UpdateOptions and PatchOptions with their validation.
struct WriteQuery: Sendable {
    /// Nothing is to be stored.
    var dryRun: Bool
    /// Who manages the fields: what the client says, or the start of its `User-Agent`.
    var fieldManager: String
    /// What becomes of unknown fields.
    var fieldValidation: FieldValidation

    /// Reads a query.
    /// - Parameter kind: `CreateOptions`, `UpdateOptions` or `PatchOptions`, for messages.
    /// - Throws: 422 naming everything that is wrong.
    init(_ query: QueryParameters, kind: String, userAgent: String?) throws(Status) {
        var errors = Self.dryRunErrors(query.values(of: "dryRun"))
        dryRun = query.values(of: "dryRun").contains { !$0.isEmpty }
        let manager = query.nonEmpty("fieldManager")
        if let manager {
            if manager.utf8.count > 128 {
                errors.append(.tooLong("fieldManager", maximumBytes: 128))
            }
            if !manager.unicodeScalars.allSatisfy(\.properties.isPrintable) {
                errors.append(.invalid("fieldManager", .string(manager), "should only contain printable characters"))
            }
        }
        fieldManager = manager ?? Self.manager(fromUserAgent: userAgent)
        let validation = query.nonEmpty("fieldValidation")
        fieldValidation = validation.flatMap(FieldValidation.init(rawValue:)) ?? .warn
        if let validation, FieldValidation(rawValue: validation) == nil {
            errors.append(.notSupported("fieldValidation", .string(validation), supported: FieldValidation.allCases.map(\.rawValue)))
        }
        if kind == "PatchOptions", query.flag("force") != nil {
            errors.append(.forbidden("force", "may not be specified for non-apply patch"))
        }
        guard errors.isEmpty else { throw .invalid(kind: GroupVersionKind.metaOptions(kind), name: "", errors: errors) }
    }

    /// What is wrong with the values of `dryRun`.
    static func dryRunErrors(_ values: [String]) -> [FieldError] {
        values.filter { $0 != "All" && !$0.isEmpty }.map { .notSupported("dryRun", .string($0), supported: ["All"]) }
    }

    private static func manager(fromUserAgent userAgent: String?) -> String {
        let name = userAgent?.prefix { $0 != "/" }.prefix(128) ?? ""
        return name.isEmpty ? "unknown" : String(name)
    }
}

extension Unicode.Scalar.Properties {
    /// Letters, marks, numbers, punctuation, symbols and the plain space: what Go's unicode.IsPrint takes.
    fileprivate var isPrintable: Bool {
        switch generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: isPatternWhitespace
        default: true
        }
    }
}
