//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

extension CoreV1Schemas {
    static let volume = ObjectSchema(
        "io.k8s.api.core.v1.Volume", description: "A directory or device that containers can use",
        fields: [
            Field("name", .string(), .always, required: true, description: "Name, unique in the pod"),
            Field("hostPath", .object(hostPathVolumeSource), description: "A path of the node"),
            Field("emptyDir", .object(emptyDirVolumeSource), description: "A directory that lives as long as the pod"),
            Field("gcePersistentDisk", .object(gcePersistentDiskVolumeSource), description: "A Google disk"),
            Field("awsElasticBlockStore", .object(awsElasticBlockStoreVolumeSource), description: "An AWS disk"),
            Field("gitRepo", .object(gitRepoVolumeSource), description: "A clone of a repository; not supported any more"),
            Field("secret", .object(secretVolumeSource), description: "Keys of a secret as files"),
            Field("nfs", .object(nfsVolumeSource), description: "An NFS export"),
            Field("iscsi", .object(iscsiVolumeSource), description: "An iSCSI disk"),
            Field("glusterfs", .object(glusterfsVolumeSource), description: "A Gluster volume"),
            Field("persistentVolumeClaim", .object(persistentVolumeClaimVolumeSource), description: "A claimed volume"),
            Field("rbd", .object(rbdVolumeSource), description: "A Rados block device"),
            Field("flexVolume", .object(flexVolumeSource), description: "A volume of an exec-based driver"),
            Field("cinder", .object(cinderVolumeSource), description: "An OpenStack disk"),
            Field("cephfs", .object(cephFSVolumeSource), description: "A Ceph file system"),
            Field("flocker", .object(flockerVolumeSource), description: "A Flocker data set"),
            Field("downwardAPI", .object(downwardAPIVolumeSource), description: "Fields of the pod as files"),
            Field("fc", .object(fcVolumeSource), description: "A Fibre Channel disk"),
            Field("azureFile", .object(azureFileVolumeSource), description: "An Azure file share"),
            Field("configMap", .object(configMapVolumeSource), description: "Keys of a config map as files"),
            Field("vsphereVolume", .object(vsphereVirtualDiskVolumeSource), description: "A vSphere disk"),
            Field("quobyte", .object(quobyteVolumeSource), description: "A Quobyte volume"),
            Field("azureDisk", .object(azureDiskVolumeSource), description: "An Azure disk"),
            Field("photonPersistentDisk", .object(photonPersistentDiskVolumeSource), description: "A Photon disk"),
            Field("projected", .object(projectedVolumeSource), description: "Several sources in one directory"),
            Field("portworxVolume", .object(portworxVolumeSource), description: "A Portworx volume"),
            Field("scaleIO", .object(scaleIOVolumeSource), description: "A ScaleIO volume"),
            Field("storageos", .object(storageOSVolumeSource), description: "A StorageOS volume"),
            Field("csi", .object(csiVolumeSource), description: "A volume of a CSI driver, living as long as the pod"),
            Field("ephemeral", .object(ephemeralVolumeSource), description: "A claimed volume that is made for the pod and goes with it"),
            Field("image", .object(imageVolumeSource), description: "The files of an image"),
        ])

    static let hostPathVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.HostPathVolumeSource", description: "A path of the node",
        fields: [
            Field("path", .string(), .always, required: true, description: "The path"),
            Field(
                "type", .string(), .omitAbsent, default: "",
                allowedValues: ["", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"],
                description: "What must be there, or is made"
            ),
        ])

    static let emptyDirVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.EmptyDirVolumeSource", description: "A directory that lives as long as the pod",
        fields: [
            Field("medium", .string(), description: "Memory, or empty for the node's disk"),
            Field("sizeLimit", .quantity, description: "The most it may hold"),
        ])

    static let secretVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.SecretVolumeSource", description: "Keys of a secret as files",
        fields: [
            Field("secretName", .string(), description: "The secret"),
            Field("items", .array(.object(keyToPath)), description: "Which keys become which files; all when empty"),
            Field("defaultMode", .int32, .omitAbsent, default: 420, description: "Mode bits of files that have none of their own"),
            Field("optional", .boolean, .omitAbsent, description: "Whether it may be missing"),
        ])

    static let configMapVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.ConfigMapVolumeSource", description: "Keys of a config map as files",
        fields: [
            Field("name", .string(), description: "Its name"),
            Field("items", .array(.object(keyToPath)), description: "Which keys become which files; all when empty"),
            Field("defaultMode", .int32, .omitAbsent, default: 420, description: "Mode bits of files that have none of their own"),
            Field("optional", .boolean, .omitAbsent, description: "Whether it may be missing"),
        ])

    static let keyToPath = ObjectSchema(
        "io.k8s.api.core.v1.KeyToPath", description: "A key as a file",
        fields: [
            Field("key", .string(), .always, required: true, description: "The key"),
            Field("path", .string(), .always, required: true, description: "Relative path of the file"),
            Field("mode", .int32, .omitAbsent, description: "Mode bits of the file"),
        ])

    static let downwardAPIVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.DownwardAPIVolumeSource", description: "Fields of the pod as files",
        fields: [
            Field("items", .array(.object(downwardAPIVolumeFile)), description: "Which keys become which files; all when empty"),
            Field("defaultMode", .int32, .omitAbsent, default: 420, description: "Mode bits of files that have none of their own"),
        ])

    static let downwardAPIVolumeFile = ObjectSchema(
        "io.k8s.api.core.v1.DownwardAPIVolumeFile", description: "A field of the pod as a file",
        fields: [
            Field("path", .string(), .always, required: true, description: "Relative path of the file"),
            Field("fieldRef", .object(objectFieldSelector), description: "A field of the pod"),
            Field("resourceFieldRef", .object(resourceFieldSelector), description: "A resource of a container"),
            Field("mode", .int32, .omitAbsent, description: "Mode bits of the file"),
        ])

    static let csiVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.CSIVolumeSource", description: "A volume of a CSI driver",
        fields: [
            Field("driver", .string(), .always, required: true, description: "Name of the driver"),
            Field("readOnly", .boolean, .omitAbsent, description: "Can't be written"),
            Field("fsType", .string(), .omitAbsent, description: "File system of the disk"),
            Field("volumeAttributes", .map(.string()), description: "Settings for the driver"),
            Field("nodePublishSecretRef", .object(localObjectReference), description: "Secret for the driver"),
        ])

    static let imageVolumeSource = ObjectSchema(
        "io.k8s.api.core.v1.ImageVolumeSource", description: "The files of an image",
        fields: [
            Field("reference", .string(), description: "The image"),
            Field(
                "pullPolicy", .string(), allowedValues: ["Always", "Never", "IfNotPresent"],
                description: "When it is pulled: Always, IfNotPresent or Never"
            ),
        ])
}
