//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

extension CoreV1Schemas {
    static let persistentVolumeClaimVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource", description: "A claimed volume",
        fields: [
            Field("claimName", .string(), .always, required: true, description: "The claim, of the same namespace"),
            Field("readOnly", .boolean, description: "Can't be written"),
        ])

    static let ephemeralVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.EphemeralVolumeSource", description: "A claimed volume that is made for the pod",
        fields: [
            Field("volumeClaimTemplate", .object(persistentVolumeClaimTemplate), description: "What the claim is made from")
        ])

    static let persistentVolumeClaimTemplate = ObjectSchema(
        "io.k8s.api.core.v1.PersistentVolumeClaimTemplate", description: "What a claim is made from",
        fields: [
            Field("metadata", .object(.objectMeta), .always, description: "Labels and annotations of the claim"),
            Field("spec", .object(persistentVolumeClaimSpec), .always, required: true, description: "What is claimed"),
        ])

    static let persistentVolumeClaimSpec = ObjectSchema(
        "io.k8s.api.core.v1.PersistentVolumeClaimSpec", description: "What storage is claimed",
        fields: [
            Field("accessModes", .array(.string()), description: "How the volume may be mounted"),
            Field("selector", .object(.labelSelector), description: "Volumes to choose from"),
            Field("resources", .object(volumeResourceRequirements), .always, description: "How much is needed"),
            Field("volumeName", .string(), description: "Volume that was bound"),
            Field("storageClassName", .string(), .omitAbsent, description: "Class of the storage"),
            Field(
                "volumeMode", .string(), .omitAbsent, default: "Filesystem", allowedValues: ["Block", "Filesystem"],
                description: "Filesystem or Block"
            ),
            Field("dataSource", .object(typedLocalObjectReference), description: "What the volume is filled from"),
            Field("dataSourceRef", .object(typedObjectReference), description: "What the volume is filled from, of any kind"),
            Field("volumeAttributesClassName", .string(), .omitAbsent, description: "Class of changeable settings"),
        ])

    static let volumeResourceRequirements = ObjectSchema(
        "io.k8s.api.core.v1.VolumeResourceRequirements", description: "How much storage is needed and allowed",
        fields: [
            Field("limits", .map(.quantity), description: "The most that may be used"),
            Field("requests", .map(.quantity), description: "What is needed at least"),
        ])
}
