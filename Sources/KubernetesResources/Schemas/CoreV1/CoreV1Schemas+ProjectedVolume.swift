//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

extension CoreV1Schemas {
    static let projectedVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.ProjectedVolumeSource", description: "Several sources in one directory",
        fields: [
            Field("sources", .array(.object(volumeProjection)), .always, description: "The sources"),
            Field("defaultMode", .int32, .omitAbsent, default: 420, description: "Mode bits of files that have none of their own"),
        ])

    static let volumeProjection = ObjectSchema(
        "io.k8s.api.core.v1.VolumeProjection", description: "One of several sources",
        fields: [
            Field("secret", .object(secretProjection), description: "Keys of a secret"),
            Field("downwardAPI", .object(downwardAPIProjection), description: "Fields of the pod"),
            Field("configMap", .object(configMapProjection), description: "Keys of a config map"),
            Field("serviceAccountToken", .object(serviceAccountTokenProjection), description: "A token of the service account"),
            Field("clusterTrustBundle", .object(clusterTrustBundleProjection), description: "Trusted certificates"),
            Field("podCertificate", .object(podCertificateProjection), description: "A certificate for the pod"),
        ])

    static let secretProjection = ObjectSchema(
        "io.k8s.api.core.v1.SecretProjection", description: "Keys of a secret",
        fields: [
            Field("name", .string(), description: "Its name"),
            Field("items", .array(.object(keyToPath)), description: "Which keys become which files; all when empty"),
            Field("optional", .boolean, .omitAbsent, description: "Whether it may be missing"),
        ])

    static let configMapProjection = ObjectSchema(
        "io.k8s.api.core.v1.ConfigMapProjection", description: "Keys of a config map",
        fields: [
            Field("name", .string(), description: "Its name"),
            Field("items", .array(.object(keyToPath)), description: "Which keys become which files; all when empty"),
            Field("optional", .boolean, .omitAbsent, description: "Whether it may be missing"),
        ])

    static let downwardAPIProjection = ObjectSchema(
        "io.k8s.api.core.v1.DownwardAPIProjection", description: "Fields of the pod",
        fields: [
            Field("items", .array(.object(downwardAPIVolumeFile)), description: "Which keys become which files; all when empty")
        ])

    static let serviceAccountTokenProjection = ObjectSchema(
        "io.k8s.api.core.v1.ServiceAccountTokenProjection", description: "A token of the pod's service account",
        fields: [
            Field("audience", .string(), description: "Who is to accept the token"),
            Field("expirationSeconds", .int64, .omitAbsent, default: 3600, description: "Seconds it is valid; it is renewed in time"),
            Field("path", .string(), .always, required: true, description: "Relative path of the file"),
        ])

    static let clusterTrustBundleProjection = ObjectSchema(
        "io.k8s.api.core.v1.ClusterTrustBundleProjection", description: "Trusted certificates of the cluster",
        fields: [
            Field("name", .string(), .omitAbsent, description: "One bundle by name"),
            Field("signerName", .string(), .omitAbsent, description: "All bundles of a signer"),
            Field("labelSelector", .object(.labelSelector), description: "Which of the signer's bundles"),
            Field("optional", .boolean, .omitAbsent, description: "Whether it may be missing"),
            Field("path", .string(), .always, required: true, description: "Relative path of the file"),
        ])

    static let podCertificateProjection = ObjectSchema(
        "io.k8s.api.core.v1.PodCertificateProjection", description: "A certificate and key for the pod",
        fields: [
            Field("signerName", .string(), description: "Who signs it"),
            Field("keyType", .string(), description: "Kind of key to generate"),
            Field("maxExpirationSeconds", .int32, .omitAbsent, description: "The longest it may be valid"),
            Field("credentialBundlePath", .string(), description: "File with key and certificates"),
            Field("keyPath", .string(), description: "File with the key"),
            Field("certificateChainPath", .string(), description: "File with the certificates"),
        ])
}
