//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry

/// What is particular about namespaces: they carry a finalizer of their own from the start, and their phase is the server's.
///
/// Source of the rule: upstream registry/core/namespace.
struct NamespaceStrategy: Strategy {
    typealias Value = Namespace

    var allowsUnconditionalUpdate: Bool { true }
    var resetFields: FieldSet { FieldSet(["status"]) }

    func validateName(_ name: String, isPrefix: Bool) -> [String] { NameValidation.labelName(name, isPrefix) }

    func prepareForCreate(_ object: inout Namespace, context: RequestContext) {
        object.status = Namespace.Status(phase: Namespace.activePhase)
        object.metadata.labels[Namespace.nameLabel] = object.metadata.name
        if !object.spec.finalizers.contains(Namespace.contentFinalizer) { object.spec.finalizers.append(Namespace.contentFinalizer) }
    }

    func validate(_ object: Namespace, context: RequestContext) -> [FieldError] {
        Self.validateFinalizers(object)
    }

    func prepareForUpdate(_ new: inout Namespace, old: Namespace, context: RequestContext) {
        new.spec.finalizers = old.spec.finalizers
        new.status = old.status
        new.metadata.labels[Namespace.nameLabel] = new.metadata.name
    }

    static func validateFinalizers(_ object: Namespace) -> [FieldError] {
        object.spec.finalizers.enumerated().flatMap { index, finalizer -> [FieldError] in
            let path = "spec.finalizers[\(index)]"
            let problems = NameValidation.qualifiedName(finalizer)
            if !problems.isEmpty { return problems.map { .invalid(path, .string(finalizer), $0) } }
            guard finalizer.contains("/") || finalizer == Namespace.contentFinalizer else {
                return [.invalid(path, .string(finalizer), "name is neither a standard finalizer name nor is it fully qualified")]
            }
            return []
        }
    }
}

/// `namespaces/status`: only the status changes.
struct NamespaceStatusStrategy: UpdateStrategy {
    typealias Value = Namespace

    var allowsUnconditionalUpdate: Bool { true }
    var resetFields: FieldSet { FieldSet(["spec"], ["metadata", "labels"]) }

    func prepareForUpdate(_ new: inout Namespace, old: Namespace, context: RequestContext) {
        new.spec = old.spec
        new.metadata.labels = old.metadata.labels
    }

    func validateUpdate(_ new: Namespace, old: Namespace, context: RequestContext) -> [FieldError] {
        let phase = new.status.phase
        if new.metadata.deletionTimestamp == nil {
            guard phase != Namespace.activePhase else { return [] }
            return [.invalid("status.phase", .string(phase), "may only be 'Active' if `deletionTimestamp` is empty")]
        }
        guard phase != Namespace.terminatingPhase else { return [] }
        return [.invalid("status.phase", .string(phase), "may only be 'Terminating' if `deletionTimestamp` is not empty")]
    }
}

/// `namespaces/finalize`: only the namespace's own finalizers change.
struct NamespaceFinalizeStrategy: UpdateStrategy {
    typealias Value = Namespace

    var allowsUnconditionalUpdate: Bool { true }
    var resetFields: FieldSet { FieldSet(["status"], ["metadata", "labels"]) }

    func prepareForUpdate(_ new: inout Namespace, old: Namespace, context: RequestContext) {
        new.status = old.status
        new.metadata.labels = old.metadata.labels
    }

    func validateUpdate(_ new: Namespace, old: Namespace, context: RequestContext) -> [FieldError] {
        NamespaceStrategy.validateFinalizers(new)
    }
}
