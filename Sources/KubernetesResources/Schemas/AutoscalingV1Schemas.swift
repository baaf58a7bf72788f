//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// The types of the API `autoscaling/v1`.
enum AutoscalingV1Schemas {
    typealias Field = ObjectSchema.Field

    static let scale = ObjectSchema(
        "io.k8s.api.autoscaling.v1.Scale",
        description: "How many replicas a resource has and should have",
        kinds: [GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale")],
        fields: ObjectSchema.typeMeta + [
            Field("metadata", .object(.objectMeta), .always, description: "Standard metadata"),
            Field("spec", .object(scaleSpec), .always, description: "What is wanted"),
            Field("status", .object(scaleStatus), .always, description: "What is"),
        ])

    static let scaleSpec = ObjectSchema(
        "io.k8s.api.autoscaling.v1.ScaleSpec", description: "How many replicas are wanted",
        fields: [
            Field("replicas", .int32, description: "How many there should be")
        ])

    static let scaleStatus = ObjectSchema(
        "io.k8s.api.autoscaling.v1.ScaleStatus", description: "How many replicas there are",
        fields: [
            Field("replicas", .int32, .always, required: true, description: "How many there are"),
            Field("selector", .string(), description: "Label selector of the pods, in its text form"),
        ])
}
