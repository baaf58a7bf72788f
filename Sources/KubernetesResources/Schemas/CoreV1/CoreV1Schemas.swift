//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// The types of the API `v1`.
enum CoreV1Schemas {
    typealias Field = ObjectSchema.Field

    static let namespace = ObjectSchema(
        "io.k8s.api.core.v1.Namespace",
        description: "A scope for names, and a unit of access control and deletion",
        kinds: [GroupVersionKind(group: "", version: "v1", kind: "Namespace")],
        fields: ObjectSchema.typeMeta + [
            Field("metadata", .object(.objectMeta), .always, description: "Standard metadata"),
            Field("spec", .object(namespaceSpec), .always, description: "What is wanted"),
            Field("status", .object(namespaceStatus), .always, description: "What is"),
        ])

    static let namespaceSpec = ObjectSchema(
        "io.k8s.api.core.v1.NamespaceSpec", description: "What is wanted of a namespace",
        fields: [
            Field("finalizers", .array(.string()), description: "Who must agree before the namespace goes")
        ])

    static let namespaceStatus = ObjectSchema(
        "io.k8s.api.core.v1.NamespaceStatus", description: "What a namespace is like",
        fields: [
            Field("phase", .string(), default: "Active", allowedValues: ["Active", "Terminating"], description: "Active or Terminating"),
            Field(
                "conditions", .array(.object(namespaceCondition), .map(keys: ["type"])), patch: .merge(key: "type"),
                description: "How far its removal has got"
            ),
        ])

    static let namespaceCondition = ObjectSchema(
        "io.k8s.api.core.v1.NamespaceCondition", description: "One aspect of a namespace's state",
        fields: [
            Field("type", .string(), .always, required: true, description: "Which aspect"),
            Field("status", .string(), .always, required: true, description: "True, False or Unknown"),
            Field("lastTransitionTime", .timestamp, .always, description: "When the status last changed"),
            Field("reason", .string(), description: "Why, for a program"),
            Field("message", .string(), description: "Why, for a person"),
        ])

    static let configMap = ObjectSchema(
        "io.k8s.api.core.v1.ConfigMap",
        description: "Configuration as key-value pairs for pods to read",
        kinds: [GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")],
        fields: ObjectSchema.typeMeta + [
            Field("metadata", .object(.objectMeta), .always, description: "Standard metadata"),
            Field("immutable", .boolean, .omitAbsent, description: "Data can't be changed once this is true"),
            Field("data", .map(.string()), description: "Texts by key"),
            Field("binaryData", .map(.bytes), description: "Bytes by key, in base64"),
        ])

    static let localObjectReference = ObjectSchema(
        "io.k8s.api.core.v1.LocalObjectReference", description: "An object of the same namespace", isAtomic: true,
        fields: [
            Field("name", .string(), description: "Its name")
        ])

    static let typedLocalObjectReference = ObjectSchema(
        "io.k8s.api.core.v1.TypedLocalObjectReference", description: "An object of any kind in the same namespace", isAtomic: true,
        fields: [
            Field("apiGroup", .string(), .alwaysNullable, description: "Its API group"),
            Field("kind", .string(), .always, required: true, description: "Its kind"),
            Field("name", .string(), .always, required: true, description: "Its name"),
        ])

    static let typedObjectReference = ObjectSchema(
        "io.k8s.api.core.v1.TypedObjectReference", description: "An object of any kind",
        fields: [
            Field("apiGroup", .string(), .alwaysNullable, description: "Its API group"),
            Field("kind", .string(), .always, required: true, description: "Its kind"),
            Field("name", .string(), .always, required: true, description: "Its name"),
            Field("namespace", .string(), .omitAbsent, description: "Its namespace"),
        ])
}
