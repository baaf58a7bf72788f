//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

extension CoreV1Schemas {
    /// What containers of all sorts have in common.
    private static let containerFields: [Field] = [
        Field("name", .string(), .always, required: true, description: "Name, unique in the pod; can't change"),
        Field("image", .string(), description: "Image to run"),
        Field("command", .array(.string()), description: "Program to run instead of the image's entry point"),
        Field("args", .array(.string()), description: "Arguments instead of the image's"),
        Field("workingDir", .string(), description: "Directory in which the program starts"),
        Field(
            "ports", .array(.object(containerPort), .map(keys: ["containerPort", "protocol"])), patch: .merge(key: "containerPort"),
            description: "Ports that the container listens on"
        ),
        Field("envFrom", .array(.object(envFromSource)), description: "Sources of many environment variables"),
        Field("env", .array(.object(envVar), .map(keys: ["name"])), patch: .merge(key: "name"), description: "Environment variables"),
        Field("resources", .object(resourceRequirements), .always, description: "Computing resources needed and allowed"),
        Field("resizePolicy", .array(.object(containerResizePolicy)), description: "What happens when resources are changed in place"),
        Field(
            "restartPolicy", .string(), .omitAbsent,
            description: "When this container is started again; Always makes an init container a sidecar"
        ),
        Field("restartPolicyRules", .array(.object(containerRestartRule)), description: "Exit codes that decide about a restart"),
        Field(
            "volumeMounts", .array(.object(volumeMount), .map(keys: ["mountPath"])), patch: .merge(key: "mountPath"),
            description: "Volumes to mount"
        ),
        Field(
            "volumeDevices", .array(.object(volumeDevice), .map(keys: ["devicePath"])), patch: .merge(key: "devicePath"),
            description: "Block devices to map"
        ),
        Field("livenessProbe", .object(probe), description: "Asks whether the container lives; it is restarted when it doesn't"),
        Field("readinessProbe", .object(probe), description: "Asks whether it can serve; it gets no traffic when it can't"),
        Field("startupProbe", .object(probe), description: "Asks whether it has started; the other probes wait for it"),
        Field("lifecycle", .object(lifecycle), description: "What to do after the start and before the end"),
        Field(
            "terminationMessagePath", .string(), default: "/dev/termination-log",
            description: "File from which the container's last words are read"
        ),
        Field(
            "terminationMessagePolicy", .string(), default: "File", allowedValues: ["File", "FallbackToLogsOnError"],
            description: "Where the last words come from: File or FallbackToLogsOnError"
        ),
        Field(
            "imagePullPolicy", .string(), allowedValues: ["Always", "Never", "IfNotPresent"],
            description: "When the image is pulled: Always, IfNotPresent or Never"
        ),
        Field("securityContext", .object(securityContext), description: "Security settings of the container"),
        Field("stdin", .boolean, description: "Keeps standard input open"),
        Field("stdinOnce", .boolean, description: "Closes standard input after the first client"),
        Field("tty", .boolean, description: "Allocates a terminal; needs stdin"),
    ]

    static let container = ObjectSchema(
        "io.k8s.api.core.v1.Container", description: "One container of a pod",
        fields: containerFields)

    static let ephemeralContainer = ObjectSchema(
        "io.k8s.api.core.v1.EphemeralContainer", description: "A container added to a running pod for debugging",
        fields: containerFields + [
            Field("targetContainerName", .string(), description: "Container whose processes it sees")
        ])

    static let containerPort = ObjectSchema(
        "io.k8s.api.core.v1.ContainerPort", description: "A port that a container listens on",
        fields: [
            Field("name", .string(), description: "Name for services to refer to"),
            Field("hostPort", .int32, description: "Port of the node to expose it on"),
            Field("containerPort", .int32, .always, required: true, description: "Port number in the pod"),
            Field("protocol", .string(), default: "TCP", allowedValues: ["TCP", "UDP", "SCTP"], description: "TCP, UDP or SCTP"),
            Field("hostIP", .string(), description: "Address of the node to bind to"),
        ])

    static let resourceRequirements = ObjectSchema(
        "io.k8s.api.core.v1.ResourceRequirements", description: "Computing resources needed and allowed",
        fields: [
            Field("limits", .map(.quantity), description: "The most that may be used"),
            Field("requests", .map(.quantity), description: "What is needed at least"),
            Field("claims", .array(.object(resourceClaim), .map(keys: ["name"])), description: "Claims of the pod that the container uses"),
        ])

    static let resourceClaim = ObjectSchema(
        "io.k8s.api.core.v1.ResourceClaim", description: "A claim of the pod that a container uses",
        fields: [
            Field("name", .string(), .always, required: true, description: "Name of the claim in the pod"),
            Field("request", .string(), description: "A request in it; all when empty"),
        ])

    static let containerResizePolicy = ObjectSchema(
        "io.k8s.api.core.v1.ContainerResizePolicy", description: "What happens when a resource is changed in place",
        fields: [
            Field("resourceName", .string(), .always, required: true, description: "The resource"),
            Field("restartPolicy", .string(), .always, required: true, description: "NotRequired or RestartContainer"),
        ])

    static let containerRestartRule = ObjectSchema(
        "io.k8s.api.core.v1.ContainerRestartRule", description: "Exit codes that decide about a restart",
        fields: [
            Field("action", .string(), description: "What to do"),
            Field("exitCodes", .object(containerRestartRuleOnExitCodes), description: "On which exit codes"),
        ])

    static let containerRestartRuleOnExitCodes = ObjectSchema(
        "io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes", description: "A set of exit codes",
        fields: [
            Field("operator", .string(), description: "In or NotIn"),
            Field("values", .array(.int32, .set), description: "The exit codes"),
        ])

    static let volumeMount = ObjectSchema(
        "io.k8s.api.core.v1.VolumeMount", description: "Mounts a volume into a container",
        fields: [
            Field("name", .string(), .always, required: true, description: "Name of the volume"),
            Field("readOnly", .boolean, description: "Mounted without the right to write"),
            Field("recursiveReadOnly", .string(), .omitAbsent, description: "Whether mounts below are read-only too"),
            Field("mountPath", .string(), .always, required: true, description: "Where in the container"),
            Field("subPath", .string(), description: "Path in the volume to mount"),
            Field(
                "mountPropagation", .string(), .omitAbsent, allowedValues: ["None", "HostToContainer", "Bidirectional"],
                description: "Whether mounts made later are seen on the other side"
            ),
            Field("subPathExpr", .string(), description: "Path in the volume, with $(NAME) for variables"),
        ])

    static let volumeDevice = ObjectSchema(
        "io.k8s.api.core.v1.VolumeDevice", description: "Maps a block device into a container",
        fields: [
            Field("name", .string(), .always, required: true, description: "Name of the claim's volume"),
            Field("devicePath", .string(), .always, required: true, description: "Where in the container"),
        ])
}
