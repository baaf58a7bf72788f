//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// Volumes of single vendors and protocols.
extension CoreV1Schemas {
    static let gcePersistentDiskVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.GCEPersistentDiskVolumeSource",
        fields: [
            Field("pdName", .string(), .always, required: true),
            Field("fsType", .string(), description: "File system of the disk"),
            Field("partition", .int32),
            Field("readOnly", .boolean, description: "Can't be written"),
        ])

    static let awsElasticBlockStoreVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource",
        fields: [
            Field("volumeID", .string(), .always, required: true, description: "ID of the disk"),
            Field("fsType", .string(), description: "File system of the disk"),
            Field("partition", .int32),
            Field("readOnly", .boolean, description: "Can't be written"),
        ])

    static let gitRepoVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.GitRepoVolumeSource",
        fields: [
            Field("repository", .string(), .always, required: true),
            Field("revision", .string()),
            Field("directory", .string()),
        ])

    static let nfsVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.NFSVolumeSource",
        fields: [
            Field("server", .string(), .always, required: true),
            Field("path", .string(), .always, required: true),
            Field("readOnly", .boolean, description: "Can't be written"),
        ])

    static let iscsiVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.ISCSIVolumeSource",
        fields: [
            Field("targetPortal", .string(), .always, required: true),
            Field("iqn", .string(), .always, required: true),
            Field("lun", .int32, .always, required: true),
            Field("iscsiInterface", .string(), default: "default"),
            Field("fsType", .string(), description: "File system of the disk"),
            Field("readOnly", .boolean, description: "Can't be written"),
            Field("portals", .array(.string())),
            Field("chapAuthDiscovery", .boolean),
            Field("chapAuthSession", .boolean),
            Field("secretRef", .object(localObjectReference), description: "Secret with credentials"),
            Field("initiatorName", .string(), .omitAbsent),
        ])

    static let glusterfsVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.GlusterfsVolumeSource",
        fields: [
            Field("endpoints", .string(), .always, required: true),
            Field("path", .string(), .always, required: true),
            Field("readOnly", .boolean, description: "Can't be written"),
        ])

    static let rbdVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.RBDVolumeSource",
        fields: [
            Field("monitors", .array(.string()), .always, required: true),
            Field("image", .string(), .always, required: true),
            Field("fsType", .string(), description: "File system of the disk"),
            Field("pool", .string(), default: "rbd"),
            Field("user", .string(), default: "admin"),
            Field("keyring", .string(), default: "/etc/ceph/keyring"),
            Field("secretRef", .object(localObjectReference), description: "Secret with credentials"),
            Field("readOnly", .boolean, description: "Can't be written"),
        ])

    static let flexVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.FlexVolumeSource",
        fields: [
            Field("driver", .string(), .always, required: true),
            Field("fsType", .string(), description: "File system of the disk"),
            Field("secretRef", .object(localObjectReference), description: "Secret with credentials"),
            Field("readOnly", .boolean, description: "Can't be written"),
            Field("options", .map(.string())),
        ])

    static let cinderVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.CinderVolumeSource",
        fields: [
            Field("volumeID", .string(), .always, required: true, description: "ID of the disk"),
            Field("fsType", .string(), description: "File system of the disk"),
            Field("readOnly", .boolean, description: "Can't be written"),
            Field("secretRef", .object(localObjectReference), description: "Secret with credentials"),
        ])

    static let cephFSVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.CephFSVolumeSource",
        fields: [
            Field("monitors", .array(.string()), .always, required: true),
            Field("path", .string()),
            Field("user", .string()),
            Field("secretFile", .string()),
            Field("secretRef", .object(localObjectReference), description: "Secret with credentials"),
            Field("readOnly", .boolean, description: "Can't be written"),
        ])

    static let flockerVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.FlockerVolumeSource",
        fields: [
            Field("datasetName", .string()),
            Field("datasetUUID", .string()),
        ])

    static let fcVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.FCVolumeSource",
        fields: [
            Field("targetWWNs", .array(.string())),
            Field("lun", .int32, .omitAbsent),
            Field("fsType", .string(), description: "File system of the disk"),
            Field("readOnly", .boolean, description: "Can't be written"),
            Field("wwids", .array(.string())),
        ])

    static let azureFileVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.AzureFileVolumeSource",
        fields: [
            Field("secretName", .string(), .always, required: true),
            Field("shareName", .string(), .always, required: true),
            Field("readOnly", .boolean, description: "Can't be written"),
        ])

    static let vsphereVirtualDiskVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource",
        fields: [
            Field("volumePath", .string(), .always, required: true),
            Field("fsType", .string(), description: "File system of the disk"),
            Field("storagePolicyName", .string()),
            Field("storagePolicyID", .string()),
        ])

    static let quobyteVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.QuobyteVolumeSource",
        fields: [
            Field("registry", .string(), .always, required: true),
            Field("volume", .string(), .always, required: true),
            Field("readOnly", .boolean, description: "Can't be written"),
            Field("user", .string()),
            Field("group", .string()),
            Field("tenant", .string()),
        ])

    static let azureDiskVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.AzureDiskVolumeSource",
        fields: [
            Field("diskName", .string(), .always, required: true),
            Field("diskURI", .string(), .always, required: true),
            Field("cachingMode", .string(), .omitAbsent, default: "ReadWrite", allowedValues: ["None", "ReadOnly", "ReadWrite"]),
            Field("fsType", .string(), .omitAbsent, default: "ext4", description: "File system of the disk"),
            Field("readOnly", .boolean, .omitAbsent, default: false, description: "Can't be written"),
            Field("kind", .string(), .omitAbsent, default: "Shared", allowedValues: ["Shared", "Dedicated", "Managed"]),
        ])

    static let photonPersistentDiskVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource",
        fields: [
            Field("pdID", .string(), .always, required: true),
            Field("fsType", .string(), description: "File system of the disk"),
        ])

    static let portworxVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.PortworxVolumeSource",
        fields: [
            Field("volumeID", .string(), .always, required: true, description: "ID of the disk"),
            Field("fsType", .string(), description: "File system of the disk"),
            Field("readOnly", .boolean, description: "Can't be written"),
        ])

    static let scaleIOVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.ScaleIOVolumeSource",
        fields: [
            Field("gateway", .string(), .always, required: true),
            Field("system", .string(), .always, required: true),
            Field("secretRef", .object(localObjectReference), .alwaysNullable, required: true, description: "Secret with credentials"),
            Field("sslEnabled", .boolean),
            Field("protectionDomain", .string()),
            Field("storagePool", .string()),
            Field("storageMode", .string(), default: "ThinProvisioned"),
            Field("volumeName", .string()),
            Field("fsType", .string(), default: "xfs", description: "File system of the disk"),
            Field("readOnly", .boolean, description: "Can't be written"),
        ])

    static let storageOSVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.StorageOSVolumeSource",
        fields: [
            Field("volumeName", .string()),
            Field("volumeNamespace", .string()),
            Field("fsType", .string(), description: "File system of the disk"),
            Field("readOnly", .boolean, description: "Can't be written"),
            Field("secretRef", .object(localObjectReference), description: "Secret with credentials"),
        ])
}
