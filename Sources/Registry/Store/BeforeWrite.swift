//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// The checks and changes that every object of every kind goes through before it is written.
///
/// Source of the rule: upstream rest.BeforeCreate and rest.BeforeUpdate.
extension RegistryStore {
    /// Clears what only the server may set, then gives the object an identity of its own.
    func resetSystemMetadata(_ object: inout Value) {
        object.metadata.deletionTimestamp = nil
        object.metadata.deletionGracePeriodSeconds = nil
        object.metadata.creationTimestamp = .now
        object.metadata.uid = UIDGenerator.generate()
    }

    /// Prepares, validates and canonicalizes a new object. Its name and system metadata are set already.
    func beforeCreate(_ object: inout Value, context: RequestContext) throws(Status) {
        let strategy = configuration.createStrategy
        if object.metadata.name.isEmpty, !object.metadata.generateName.isEmpty {
            throw Status.internalError("metadata.name was not generated")
        }
        try matchNamespace(&object, context: context)
        strategy.prepareForCreate(&object, context: context)
        var errors = strategy.validate(object, context: context)
        if errors.isEmpty {
            errors = ObjectMetaValidation.validate(
                object.metadata, namespaced: resource.namespaced, nameValidator: { strategy.validateName($0, isPrefix: $1) })
        }
        guard errors.isEmpty else { throw Status.invalid(kind: resource.kind, name: object.metadata.name, errors: errors) }
        for warning in strategy.warningsOnCreate(object, context: context) { context.warnings.add(warning) }
        strategy.canonicalize(&object)
    }

    /// Takes from the existing object what a client can't change, then prepares, validates and canonicalizes.
    func beforeUpdate(_ new: inout Value, old: Value, context: RequestContext) throws(Status) {
        let strategy = configuration.updateStrategy
        try matchNamespace(&new, context: context)
        new.metadata.generation = old.metadata.generation
        strategy.prepareForUpdate(&new, old: old, context: context)
        if new.metadata.uid.isEmpty { new.metadata.uid = old.metadata.uid }
        if let created = old.metadata.creationTimestamp { new.metadata.creationTimestamp = created }
        if let deleted = old.metadata.deletionTimestamp { new.metadata.deletionTimestamp = deleted }
        if let period = old.metadata.deletionGracePeriodSeconds, new.metadata.deletionGracePeriodSeconds == nil {
            new.metadata.deletionGracePeriodSeconds = period
        }
        var errors = ObjectMetaValidation.validateUpdate(new: new.metadata, old: old.metadata)
        errors += strategy.validateUpdate(new, old: old, context: context)
        guard errors.isEmpty else { throw Status.invalid(kind: resource.kind, name: new.metadata.name, errors: errors) }
        for warning in strategy.warningsOnUpdate(new, old: old, context: context) { context.warnings.add(warning) }
        strategy.canonicalize(&new)
    }

    /// Fills in the request's namespace; another one in the object is the client's mistake.
    private func matchNamespace(_ object: inout Value, context: RequestContext) throws(Status) {
        let expected = resource.namespaced ? context.namespace ?? "" : ""
        if object.metadata.namespace.isEmpty {
            object.metadata.namespace = expected
        } else if object.metadata.namespace != expected {
            throw Status.badRequest("the namespace of the provided object does not match the namespace sent on the request")
        }
    }
}
