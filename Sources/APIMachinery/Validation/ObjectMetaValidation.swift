//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The rules that every object's metadata has to keep.
///
/// Source of the rule: upstream api/validation objectmeta.
public enum ObjectMetaValidation {
    /// All annotations together, keys and values, may have so many bytes.
    public static let maximumAnnotationBytes = 256 * 1024

    /// Checks the metadata of a new object whose name has been generated already, if it is to be. Errors come in a fixed order; within maps, by key.
    /// - Parameters:
    ///   - namespaced: whether a namespace is required, or forbidden.
    ///   - nameValidator: the resource's rule for names.
    ///   - path: where the metadata is.
    public static func validate(
        _ meta: ObjectMeta, namespaced: Bool, nameValidator: NameValidation.NameRule = NameValidation.subdomainName, path: String = "metadata"
    ) -> [FieldError] {
        var errors: [FieldError] = []
        if !meta.generateName.isEmpty {
            errors += nameValidator(meta.generateName, true).map { .invalid("\(path).generateName", .string(meta.generateName), $0) }
        }
        if meta.name.isEmpty {
            errors.append(.required("\(path).name", "name or generateName is required"))
        } else {
            errors += nameValidator(meta.name, false).map { .invalid("\(path).name", .string(meta.name), $0) }
        }
        if !namespaced {
            if !meta.namespace.isEmpty { errors.append(.forbidden("\(path).namespace", "not allowed on this type")) }
        } else if meta.namespace.isEmpty {
            errors.append(.required("\(path).namespace"))
        } else {
            errors += NameValidation.dnsLabel(meta.namespace).map { .invalid("\(path).namespace", .string(meta.namespace), $0) }
        }
        errors += validateGeneration(meta, path)
        errors += validateLabels(meta.labels, path: "\(path).labels")
        errors += validateAnnotations(meta.annotations, path: "\(path).annotations")
        errors += validateOwners(meta.ownerReferences, path: "\(path).ownerReferences")
        errors += validateFinalizers(meta.finalizers, path: "\(path).finalizers")
        errors += validateManagedFields(meta.managedFields, path: "\(path).managedFields")
        return errors
    }

    /// Checks the metadata of a changed object against what it was.
    public static func validateUpdate(new: ObjectMeta, old: ObjectMeta, path: String = "metadata") -> [FieldError] {
        var errors: [FieldError] = []
        if old.deletionTimestamp != nil {
            let added = Set(new.finalizers).subtracting(old.finalizers).sorted { $0.precedesByBytes($1) }
            if !added.isEmpty {
                let list = added.map(\.goQuoted).joined(separator: ", ")
                errors.append(
                    .forbidden(
                        "\(path).finalizers",
                        "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}"))
            }
        }
        if new.resourceVersion.isEmpty { errors.append(.invalid("\(path).resourceVersion", "", "must be specified for an update")) }
        errors += validateGeneration(new, path)
        if new.generation < old.generation {
            errors.append(.invalid("\(path).generation", .integer(new.generation), "must not be decremented"))
        }
        errors += validateImmutable(new, old, path)
        errors += validateLabels(new.labels, path: "\(path).labels")
        errors += validateAnnotations(new.annotations, path: "\(path).annotations")
        errors += validateOwners(new.ownerReferences, path: "\(path).ownerReferences")
        errors += validateManagedFields(new.managedFields, path: "\(path).managedFields")
        return errors
    }

    private static func validateGeneration(_ meta: ObjectMeta, _ path: String) -> [FieldError] {
        meta.generation < 0 ? [.invalid("\(path).generation", .integer(meta.generation), "must be greater than or equal to 0")] : []
    }

    private static func validateImmutable(_ new: ObjectMeta, _ old: ObjectMeta, _ path: String) -> [FieldError] {
        func check<T: Equatable>(_ key: String, _ field: KeyPath<ObjectMeta, T>, _ json: (T) -> JSONValue) -> [FieldError] {
            new[keyPath: field] == old[keyPath: field] ? [] : [.invalid("\(path).\(key)", json(new[keyPath: field]), "field is immutable")]
        }
        let time: (Timestamp?) -> JSONValue = { $0.map { .string($0.description) } ?? .null }
        return check("name", \.name) { .string($0) } + check("namespace", \.namespace) { .string($0) } + check("uid", \.uid) { .string($0) }
            + check("creationTimestamp", \.creationTimestamp, time) + check("deletionTimestamp", \.deletionTimestamp, time)
            + check("deletionGracePeriodSeconds", \.deletionGracePeriodSeconds) { $0.map { .integer($0) } ?? .null }
    }
}

// MARK: - The parts

extension ObjectMetaValidation {
    /// Checks labels: keys are qualified names, values are label values.
    public static func validateLabels(_ labels: [String: String], path: String) -> [FieldError] {
        labels.sorted { $0.key.precedesByBytes($1.key) }.flatMap { key, value in
            NameValidation.qualifiedName(key).map { .invalid(path, .string(key), $0) }
                + NameValidation.labelValue(value).map { FieldError.invalid(path, .string(value), $0) }
        }
    }

    /// Checks annotations: keys are qualified names in any case, and all of them have at most 256 KiB.
    public static func validateAnnotations(_ annotations: [String: String], path: String) -> [FieldError] {
        var errors: [FieldError] = annotations.keys.sorted { $0.precedesByBytes($1) }.flatMap { key in
            NameValidation.qualifiedName(key.lowercased()).map { .invalid(path, .string(key), $0) }
        }
        if annotations.reduce(0, { $0 + $1.key.utf8.count + $1.value.utf8.count }) > maximumAnnotationBytes {
            errors.append(.tooLong(path, maximumBytes: maximumAnnotationBytes))
        }
        return errors
    }

    /// Checks owners: each fully named, none an event, at most one the controller.
    public static func validateOwners(_ owners: [OwnerReference], path: String) -> [FieldError] {
        var errors: [FieldError] = []
        var controller = ""
        for (index, owner) in owners.enumerated() {
            errors += validateOwner(owner, path: "\(path)[\(index)]")
            guard owner.controller == true else { continue }
            let name = "\(owner.kind)/\(owner.name)"
            if controller.isEmpty {
                controller = name
            } else {
                errors.append(
                    .invalid(
                        path, .array(owners.map { $0.json() }),
                        "Only one reference can have Controller set to true. Found \"true\" in references for \(controller) and \(name)"))
            }
        }
        return errors
    }

    private static func validateOwner(_ owner: OwnerReference, path: String) -> [FieldError] {
        var errors: [FieldError] = []
        if owner.apiVersion.isEmpty {
            errors.append(.required("\(path).apiVersion", "must not be empty"))
        } else if GroupVersion(apiVersion: owner.apiVersion) == nil {
            errors.append(.invalid("\(path).apiVersion", .string(owner.apiVersion), "must be <group>/<version> or <version>"))
        }
        for (key, value) in [("kind", owner.kind), ("name", owner.name), ("uid", owner.uid)] where value.isEmpty {
            errors.append(.required("\(path).\(key)", "must not be empty"))
        }
        if owner.apiVersion == "v1" && owner.kind == "Event" {
            errors.append(.invalid(path, owner.json(), "/v1, Kind=Event is disallowed from being an owner"))
        }
        return errors
    }

    /// Checks finalizers: qualified names, and not both of the garbage collector's.
    public static func validateFinalizers(_ finalizers: [String], path: String) -> [FieldError] {
        var errors: [FieldError] = finalizers.flatMap { finalizer in
            NameValidation.qualifiedName(finalizer).map { FieldError.invalid(path, .string(finalizer), $0) }
        }
        if finalizers.contains("orphan") && finalizers.contains("foregroundDeletion") {
            errors.append(
                .invalid(path, .array(finalizers.map { .string($0) }), "finalizer orphan and foregroundDeletion cannot be both set"))
        }
        return errors
    }

    /// Checks the entries of `managedFields`: operation, type, manager and subresource.
    public static func validateManagedFields(_ entries: [JSONValue], path: String) -> [FieldError] {
        entries.enumerated().flatMap { index, entry -> [FieldError] in
            let path = "\(path)[\(index)]"
            var errors: [FieldError] = []
            switch entry["operation"]?.stringValue ?? "" {
            case "": errors.append(.required("\(path).operation", "must not be empty"))
            case "Apply", "Update": break
            case let other: errors.append(.notSupported("\(path).operation", .string(other), supported: ["Apply", "Update"]))
            }
            let type = entry["fieldsType"]?.stringValue ?? ""
            if !type.isEmpty && type != "FieldsV1" { errors.append(.invalid("\(path).fieldsType", .string(type), "must be `FieldsV1`")) }
            errors += validateFieldManager(entry["manager"]?.stringValue ?? "", path: "\(path).manager")
            if (entry["subresource"]?.stringValue ?? "").utf8.count > 256 { errors.append(.tooLong("\(path).subresource", maximumBytes: 256)) }
            return errors
        }
    }

    /// Checks a field manager's name: at most 128 bytes, all printable.
    public static func validateFieldManager(_ manager: String, path: String) -> [FieldError] {
        var errors: [FieldError] = manager.utf8.count > 128 ? [.tooLong(path, maximumBytes: 128)] : []
        var offset = 0
        for scalar in manager.unicodeScalars {
            if !scalar.isGoPrintable {
                let code = "U+" + scalar.hex(digits: 4).uppercased()
                errors.append(.invalid(path, .string(manager), "invalid character \(code) (at position \(offset))"))
            }
            offset += UTF8.width(scalar)
        }
        return errors
    }
}
