//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

extension CoreV1Schemas {
    static let podSecurityContext = ObjectSchema(
        "io.k8s.api.core.v1.PodSecurityContext", description: "Security settings of a pod",
        fields: [
            Field("seLinuxOptions", .object(seLinuxOptions), description: "SELinux context"),
            Field("windowsOptions", .object(windowsSecurityContextOptions), description: "Windows settings"),
            Field("runAsUser", .int64, .omitAbsent, description: "User ID to run as"),
            Field("runAsGroup", .int64, .omitAbsent, description: "Group ID to run as"),
            Field("runAsNonRoot", .boolean, .omitAbsent, description: "Refuses to run as root"),
            Field("supplementalGroups", .array(.int64), description: "Further group IDs"),
            Field(
                "supplementalGroupsPolicy", .string(), .omitAbsent, allowedValues: ["Merge", "Strict"],
                description: "How further groups are found: Merge or Strict"
            ),
            Field("fsGroup", .int64, .omitAbsent, description: "Group that owns the volumes"),
            Field("sysctls", .array(.object(sysctl)), description: "Kernel settings of the pod"),
            Field(
                "fsGroupChangePolicy", .string(), .omitAbsent, allowedValues: ["OnRootMismatch", "Always"],
                description: "When the volumes' owner is changed"
            ),
            Field("seccompProfile", .object(seccompProfile), description: "System calls that are allowed"),
            Field("appArmorProfile", .object(appArmorProfile), description: "AppArmor profile"),
            Field("seLinuxChangePolicy", .string(), .omitAbsent, description: "How volumes get their SELinux label"),
        ])

    static let securityContext = ObjectSchema(
        "io.k8s.api.core.v1.SecurityContext", description: "Security settings of a container",
        fields: [
            Field("capabilities", .object(capabilities), description: "Linux capabilities to add and drop"),
            Field("privileged", .boolean, .omitAbsent, description: "Runs with the rights of root on the node"),
            Field("seLinuxOptions", .object(seLinuxOptions), description: "SELinux context"),
            Field("windowsOptions", .object(windowsSecurityContextOptions), description: "Windows settings"),
            Field("runAsUser", .int64, .omitAbsent, description: "User ID to run as"),
            Field("runAsGroup", .int64, .omitAbsent, description: "Group ID to run as"),
            Field("runAsNonRoot", .boolean, .omitAbsent, description: "Refuses to run as root"),
            Field("readOnlyRootFilesystem", .boolean, .omitAbsent, description: "Root file system can't be written"),
            Field("allowPrivilegeEscalation", .boolean, .omitAbsent, description: "Whether a process can gain more rights than its parent"),
            Field("procMount", .string(), .omitAbsent, allowedValues: ["Default", "Unmasked"], description: "How /proc is mounted"),
            Field("seccompProfile", .object(seccompProfile), description: "System calls that are allowed"),
            Field("appArmorProfile", .object(appArmorProfile), description: "AppArmor profile"),
        ])

    static let capabilities = ObjectSchema(
        "io.k8s.api.core.v1.Capabilities", description: "Linux capabilities",
        fields: [
            Field("add", .array(.string()), description: "Added ones"),
            Field("drop", .array(.string()), description: "Removed ones"),
        ])

    static let seLinuxOptions = ObjectSchema(
        "io.k8s.api.core.v1.SELinuxOptions", description: "SELinux context",
        fields: [
            Field("user", .string()),
            Field("role", .string()),
            Field("type", .string()),
            Field("level", .string()),
        ])

    static let windowsSecurityContextOptions = ObjectSchema(
        "io.k8s.api.core.v1.WindowsSecurityContextOptions", description: "Security settings on Windows",
        fields: [
            Field("gmsaCredentialSpecName", .string(), .omitAbsent),
            Field("gmsaCredentialSpec", .string(), .omitAbsent),
            Field("runAsUserName", .string(), .omitAbsent),
            Field("hostProcess", .boolean, .omitAbsent),
        ])

    static let seccompProfile = ObjectSchema(
        "io.k8s.api.core.v1.SeccompProfile", description: "System calls that are allowed",
        fields: [
            Field(
                "type", .string(), .always, required: true, allowedValues: ["Unconfined", "RuntimeDefault", "Localhost"],
                description: "Unconfined, RuntimeDefault or Localhost"
            ),
            Field("localhostProfile", .string(), .omitAbsent, description: "File on the node, for Localhost"),
        ])

    static let appArmorProfile = ObjectSchema(
        "io.k8s.api.core.v1.AppArmorProfile", description: "AppArmor profile",
        fields: [
            Field(
                "type", .string(), .always, required: true, allowedValues: ["Unconfined", "RuntimeDefault", "Localhost"],
                description: "Unconfined, RuntimeDefault or Localhost"
            ),
            Field("localhostProfile", .string(), .omitAbsent, description: "Profile on the node, for Localhost"),
        ])

    static let sysctl = ObjectSchema(
        "io.k8s.api.core.v1.Sysctl", description: "A kernel setting",
        fields: [
            Field("name", .string(), .always, required: true, description: "Its name"),
            Field("value", .string(), .always, required: true, description: "Its value"),
        ])
}
