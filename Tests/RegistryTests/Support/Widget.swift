//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry
import Storage

/// A kind made for the tests.
struct Widget: APIResource, Codable, Hashable {
    struct Spec: Sendable, Hashable, Codable {
        var size = 0
        var note: String?
    }

    var metadata = ObjectMeta()
    var spec: Spec?
    var status: String?

    init(_ name: String = "", size: Int = 1, labels: [String: String] = [:], finalizers: [String] = []) {
        metadata.name = name
        metadata.labels = labels
        metadata.finalizers = finalizers
        spec = Spec(size: size)
    }
}

/// A strategy of which tests choose the parts.
struct WidgetStrategy: Strategy {
    typealias Value = Widget

    var allowsCreateOnUpdate = false
    var allowsUnconditionalUpdate = false
    var deletesGracefully = false
    var defaultGracePeriod: Int64 = 30
    var defaultGarbageCollectionPolicy = GarbageCollectionPolicy.deleteDependents
    var nextName: (@Sendable (String) -> String)?

    func generateName(base: String) -> String { nextName?(base) ?? base + "xxxxx" }
    func validateName(_ name: String, isPrefix: Bool) -> [String] { NameValidation.subdomainName(name, isPrefix) }

    func prepareForCreate(_ object: inout Widget, context: RequestContext) {
        object.status = nil
        object.metadata.generation = 1
    }

    func validate(_ object: Widget, context: RequestContext) -> [FieldError] {
        guard let size = object.spec?.size, size < 0 else { return [] }
        return [.invalid("spec.size", .integer(Int64(size)), "must be greater than or equal to 0")]
    }

    func warningsOnCreate(_ object: Widget, context: RequestContext) -> [String] {
        object.spec?.size == 13 ? ["spec.size: 13 is said to bring bad luck"] : []
    }

    func prepareForUpdate(_ new: inout Widget, old: Widget, context: RequestContext) {
        new.status = old.status
        if new.spec != old.spec { new.metadata.generation = old.metadata.generation + 1 }
    }

    func validateUpdate(_ new: Widget, old: Widget, context: RequestContext) -> [FieldError] {
        validate(new, context: context)
    }

    func checkGracefulDelete(_ object: inout Widget, options: inout DeleteOptions) -> Bool {
        if options.gracePeriodSeconds == nil { options.gracePeriodSeconds = defaultGracePeriod }
        return true
    }
}

/// The status endpoint's strategy for widgets.
struct WidgetStatusStrategy: UpdateStrategy {
    typealias Value = Widget

    func prepareForUpdate(_ new: inout Widget, old: Widget, context: RequestContext) {
        new.spec = old.spec
        new.metadata.labels = old.metadata.labels
    }
}

extension ResourceDescription {
    static let widgets = ResourceDescription(
        kind: GroupVersionKind(group: "test.example.com", version: "v1", kind: "Widget"), plural: "widgets", namespaced: true)
    static let clusterWidgets = ResourceDescription(
        kind: GroupVersionKind(group: "test.example.com", version: "v1", kind: "Widget"), plural: "widgets", namespaced: false)
}
