//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry

/// The kind that this program serves.
struct Gadget: APIResource, Codable {
    struct Spec: Codable, Sendable, Equatable {
        var size: Int32
        var color: String?
    }

    var metadata: ObjectMeta
    var spec: Spec
}

/// What is particular about gadgets. Everything that isn't said here is as for any other kind.
struct GadgetStrategy: Strategy {
    typealias Value = Gadget

    func validateName(_ name: String, isPrefix: Bool) -> [String] { NameValidation.subdomainName(name, isPrefix) }

    func prepareForCreate(_ object: inout Gadget, context: RequestContext) {
        object.metadata.generation = 1
    }

    func validate(_ object: Gadget, context: RequestContext) -> [FieldError] {
        object.spec.size > 0 ? [] : [.invalid("spec.size", .integer(Int64(object.spec.size)), "must be greater than 0")]
    }

    func warningsOnCreate(_ object: Gadget, context: RequestContext) -> [String] {
        object.spec.color == "beige" ? ["spec.color: beige gadgets are hard to find again"] : []
    }

    func prepareForUpdate(_ new: inout Gadget, old: Gadget, context: RequestContext) {
        if new.spec != old.spec { new.metadata.generation = old.metadata.generation + 1 }
    }

    func validateUpdate(_ new: Gadget, old: Gadget, context: RequestContext) -> [FieldError] {
        validate(new, context: context)
    }
}

extension ResourceDescription {
    /// From this, discovery, decoding, `kubectl explain` and the order of stored members follow.
    static let gadgets = ResourceDescription(
        kind: GroupVersionKind(group: "samples.example.com", version: "v1", kind: "Gadget"), plural: "gadgets", shortNames: ["gd"],
        namespaced: false,
        schema: ObjectSchema(
            "com.example.samples.v1.Gadget", description: "Something handy",
            kinds: [GroupVersionKind(group: "samples.example.com", version: "v1", kind: "Gadget")],
            fields: ObjectSchema.typeMeta + [
                .init("metadata", .object(.objectMeta), .always, description: "Standard metadata"),
                .init(
                    "spec",
                    .object(
                        ObjectSchema(
                            "com.example.samples.v1.GadgetSpec", description: "What a gadget is like",
                            fields: [
                                .init("size", .int32, .omitAbsent, default: 1, description: "How big it is; 1 when not given"),
                                .init("color", .string(), description: "What it looks like"),
                            ])), .always, description: "What the gadget is like"),
            ]))
}

extension TableConversion<Gadget> {
    /// What `kubectl get gadgets` shows.
    static let gadgets = TableConversion(columns: [
        TableColumn(name: "Name", format: "name", description: "The gadget's name."),
        TableColumn(name: "Size", type: "integer", description: "How big it is."),
        TableColumn(name: "Color", description: "What it looks like.", priority: 1),
        TableColumn(name: "Age", description: "Time since it was created."),
    ]) { gadget in
        [
            .string(gadget.metadata.name), .integer(Int64(gadget.spec.size)), .string(gadget.spec.color ?? ""),
            .string(gadget.metadata.creationTimestamp?.age(at: .now) ?? "<unknown>"),
        ]
    }
}
