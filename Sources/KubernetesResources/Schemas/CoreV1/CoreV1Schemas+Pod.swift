//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

extension CoreV1Schemas {
    static let podTemplateSpec = ObjectSchema(
        "io.k8s.api.core.v1.PodTemplateSpec", description: "What a pod is made from",
        fields: [
            Field("metadata", .object(.objectMeta), .always, description: "Labels and annotations of the pods"),
            Field("spec", .object(podSpec), .always, description: "What the pods run"),
        ])

    static let podSpec = ObjectSchema(
        "io.k8s.api.core.v1.PodSpec", description: "What a pod runs and where",
        fields: [
            Field(
                "volumes", .array(.object(volume), .map(keys: ["name"])), patch: .mergeRetainingKeys(key: "name"),
                description: "Volumes that the containers can mount"
            ),
            Field(
                "initContainers", .array(.object(container), .map(keys: ["name"])), patch: .merge(key: "name"),
                description: "Containers that run to their end, one after the other, before the others start"
            ),
            Field(
                "containers", .array(.object(container), .map(keys: ["name"])), .always, required: true, patch: .merge(key: "name"),
                description: "Containers of the pod; at least one"
            ),
            Field(
                "ephemeralContainers", .array(.object(ephemeralContainer), .map(keys: ["name"])), patch: .merge(key: "name"),
                description: "Containers added to a running pod for debugging"
            ),
            Field(
                "restartPolicy", .string(), default: "Always", allowedValues: ["Always", "OnFailure", "Never"],
                description: "When ended containers are started again: Always, OnFailure or Never"
            ),
            Field(
                "terminationGracePeriodSeconds", .int64, .omitAbsent, default: 30,
                description: "Seconds the pod may take to end before it is killed"
            ),
            Field("activeDeadlineSeconds", .int64, .omitAbsent, description: "Seconds the pod may be active before it is failed"),
            Field(
                "dnsPolicy", .string(), default: "ClusterFirst", allowedValues: ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"],
                description: "Where names are resolved"
            ),
            Field("nodeSelector", .map(.string(), atomic: true), description: "Labels that the node must have"),
            Field("serviceAccountName", .string(), description: "Service account that the pod runs as"),
            Field("serviceAccount", .string(), description: "Old name of serviceAccountName"),
            Field("automountServiceAccountToken", .boolean, .omitAbsent, description: "Whether the account's token is mounted"),
            Field("nodeName", .string(), description: "Node that the pod was given to"),
            Field("hostNetwork", .boolean, description: "Uses the node's network"),
            Field("hostPID", .boolean, description: "Sees the node's processes"),
            Field("hostIPC", .boolean, description: "Uses the node's IPC"),
            Field("shareProcessNamespace", .boolean, .omitAbsent, description: "Containers see each other's processes"),
            Field(
                "securityContext", .object(podSecurityContext), default: [:],
                description: "Security settings of the pod, and of containers without their own"
            ),
            Field(
                "imagePullSecrets", .array(.object(localObjectReference), .map(keys: ["name"])), patch: .merge(key: "name"),
                description: "Secrets with credentials for pulling images"
            ),
            Field("hostname", .string(), description: "Host name of the pod"),
            Field("subdomain", .string(), description: "Subdomain in the pod's domain name"),
            Field("affinity", .object(affinity), description: "Which nodes and pods it should be near or far from"),
            Field("schedulerName", .string(), default: "default-scheduler", description: "Scheduler that places the pod"),
            Field("tolerations", .array(.object(toleration)), description: "Taints of nodes that the pod puts up with"),
            Field("hostAliases", .array(.object(hostAlias), .map(keys: ["ip"])), patch: .merge(key: "ip"), description: "Entries for the hosts file"),
            Field("priorityClassName", .string(), description: "Class that gives the pod its priority"),
            Field("priority", .int32, .omitAbsent, description: "Importance; the higher the more"),
            Field("dnsConfig", .object(podDNSConfig), description: "DNS settings on top of the policy's"),
            Field("readinessGates", .array(.object(podReadinessGate)), description: "Conditions that must hold as well before the pod is ready"),
            Field("runtimeClassName", .string(), .omitAbsent, description: "Container runtime to use"),
            Field("enableServiceLinks", .boolean, .omitAbsent, description: "Whether services are made known as environment variables"),
            Field(
                "preemptionPolicy", .string(), .omitAbsent, allowedValues: ["PreemptLowerPriority", "Never"],
                description: "Whether the pod may push out pods of lower priority"
            ),
            Field("overhead", .map(.quantity), description: "Resources that the runtime itself takes"),
            Field(
                "topologySpreadConstraints", .array(.object(topologySpreadConstraint), .map(keys: ["topologyKey", "whenUnsatisfiable"])),
                patch: .merge(key: "topologyKey"), description: "How pods are spread over the cluster"
            ),
            Field("setHostnameAsFQDN", .boolean, .omitAbsent, description: "Uses the full domain name as host name"),
            Field("os", .object(podOS), description: "Operating system of the containers"),
            Field("hostUsers", .boolean, .omitAbsent, description: "Whether the node's users are used; false for a user namespace"),
            Field(
                "schedulingGates", .array(.object(podSchedulingGate), .map(keys: ["name"])), patch: .merge(key: "name"),
                description: "What must be removed before the pod is scheduled"
            ),
            Field(
                "resourceClaims", .array(.object(podResourceClaim), .map(keys: ["name"])), patch: .mergeRetainingKeys(key: "name"),
                description: "Devices that must be allocated before the pod starts"
            ),
            Field("resources", .object(resourceRequirements), description: "Resources of the pod as a whole"),
            Field("hostnameOverride", .string(), .omitAbsent, description: "Host name as the pod sees it"),
        ])

    static let podDNSConfig = ObjectSchema(
        "io.k8s.api.core.v1.PodDNSConfig", description: "DNS settings of a pod",
        fields: [
            Field("nameservers", .array(.string()), description: "Addresses of name servers"),
            Field("searches", .array(.string()), description: "Domains to search"),
            Field("options", .array(.object(podDNSConfigOption)), description: "Resolver options"),
        ])

    static let podDNSConfigOption = ObjectSchema(
        "io.k8s.api.core.v1.PodDNSConfigOption", description: "A resolver option",
        fields: [
            Field("name", .string(), description: "Its name"),
            Field("value", .string(), .omitAbsent, description: "Its value"),
        ])

    static let hostAlias = ObjectSchema(
        "io.k8s.api.core.v1.HostAlias", description: "A line of the hosts file",
        fields: [
            Field("ip", .string(), .always, required: true, description: "Address"),
            Field("hostnames", .array(.string()), description: "Names of it"),
        ])

    static let podReadinessGate = ObjectSchema(
        "io.k8s.api.core.v1.PodReadinessGate", description: "A condition that must hold before a pod is ready",
        fields: [
            Field("conditionType", .string(), .always, required: true, description: "Type of the condition")
        ])

    static let podOS = ObjectSchema(
        "io.k8s.api.core.v1.PodOS", description: "Operating system of a pod",
        fields: [
            Field("name", .string(), .always, required: true, description: "linux or windows")
        ])

    static let podSchedulingGate = ObjectSchema(
        "io.k8s.api.core.v1.PodSchedulingGate", description: "Holds back a pod's scheduling",
        fields: [
            Field("name", .string(), .always, required: true, description: "Name of the gate")
        ])

    static let podResourceClaim = ObjectSchema(
        "io.k8s.api.core.v1.PodResourceClaim", description: "Devices that must be allocated before a pod starts",
        fields: [
            Field("name", .string(), .always, required: true, description: "Name by which containers refer to it"),
            Field("resourceClaimName", .string(), .omitAbsent, description: "Existing claim"),
            Field("resourceClaimTemplateName", .string(), .omitAbsent, description: "Template from which a claim is made"),
        ])
}
