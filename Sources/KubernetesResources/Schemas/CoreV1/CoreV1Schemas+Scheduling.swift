//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

extension CoreV1Schemas {
    static let affinity = ObjectSchema(
        "io.k8s.api.core.v1.Affinity", description: "Which nodes and pods a pod should be near or far from",
        fields: [
            Field("nodeAffinity", .object(nodeAffinity), description: "Nodes to run on"),
            Field("podAffinity", .object(podAffinity), description: "Pods to be near"),
            Field("podAntiAffinity", .object(podAntiAffinity), description: "Pods to be far from"),
        ])

    static let nodeAffinity = ObjectSchema(
        "io.k8s.api.core.v1.NodeAffinity", description: "Nodes to run on",
        fields: [
            Field("requiredDuringSchedulingIgnoredDuringExecution", .object(nodeSelector), description: "Must hold when the pod is scheduled"),
            Field("preferredDuringSchedulingIgnoredDuringExecution", .array(.object(preferredSchedulingTerm)), description: "Wishes, with weights"),
        ])

    static let nodeSelector = ObjectSchema(
        "io.k8s.api.core.v1.NodeSelector", description: "Selects nodes; one of the terms must hold", isAtomic: true,
        fields: [
            Field("nodeSelectorTerms", .array(.object(nodeSelectorTerm)), .always, required: true, description: "The terms")
        ])

    static let nodeSelectorTerm = ObjectSchema(
        "io.k8s.api.core.v1.NodeSelectorTerm", description: "Conditions on a node; all must hold", isAtomic: true,
        fields: [
            Field("matchExpressions", .array(.object(nodeSelectorRequirement)), description: "Conditions on labels"),
            Field("matchFields", .array(.object(nodeSelectorRequirement)), description: "Conditions on fields"),
        ])

    static let nodeSelectorRequirement = ObjectSchema(
        "io.k8s.api.core.v1.NodeSelectorRequirement", description: "A condition on one label or field",
        fields: [
            Field("key", .string(), .always, required: true, description: "Label or field to look at"),
            Field(
                "operator", .string(), .always, required: true, allowedValues: ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"],
                description: "In, NotIn, Exists, DoesNotExist, Gt or Lt"
            ),
            Field("values", .array(.string()), description: "Values to compare with"),
        ])

    static let preferredSchedulingTerm = ObjectSchema(
        "io.k8s.api.core.v1.PreferredSchedulingTerm", description: "A wish for nodes",
        fields: [
            Field("weight", .int32, .always, required: true, description: "From 1 to 100"),
            Field("preference", .object(nodeSelectorTerm), .always, required: true, description: "The nodes"),
        ])

    static let podAffinity = ObjectSchema(
        "io.k8s.api.core.v1.PodAffinity", description: "Pods to be near",
        fields: [
            Field(
                "requiredDuringSchedulingIgnoredDuringExecution", .array(.object(podAffinityTerm)),
                description: "Must hold when the pod is scheduled"
            ),
            Field("preferredDuringSchedulingIgnoredDuringExecution", .array(.object(weightedPodAffinityTerm)), description: "Wishes, with weights"),
        ])

    static let podAntiAffinity = ObjectSchema(
        "io.k8s.api.core.v1.PodAntiAffinity", description: "Pods to be far from",
        fields: [
            Field(
                "requiredDuringSchedulingIgnoredDuringExecution", .array(.object(podAffinityTerm)),
                description: "Must hold when the pod is scheduled"
            ),
            Field("preferredDuringSchedulingIgnoredDuringExecution", .array(.object(weightedPodAffinityTerm)), description: "Wishes, with weights"),
        ])

    static let podAffinityTerm = ObjectSchema(
        "io.k8s.api.core.v1.PodAffinityTerm", description: "A set of pods, and what counts as near",
        fields: [
            Field("labelSelector", .object(.labelSelector), description: "The pods"),
            Field("namespaces", .array(.string()), description: "Their namespaces; the pod's own when empty"),
            Field("topologyKey", .string(), .always, required: true, description: "Node label whose equal values count as near"),
            Field("namespaceSelector", .object(.labelSelector), description: "Their namespaces by labels"),
            Field("matchLabelKeys", .array(.string()), description: "Labels that the pods must share with this one"),
            Field("mismatchLabelKeys", .array(.string()), description: "Labels in which the pods must differ from this one"),
        ])

    static let weightedPodAffinityTerm = ObjectSchema(
        "io.k8s.api.core.v1.WeightedPodAffinityTerm", description: "A wish for pods",
        fields: [
            Field("weight", .int32, .always, required: true, description: "From 1 to 100"),
            Field("podAffinityTerm", .object(podAffinityTerm), .always, required: true, description: "The pods"),
        ])

    static let toleration = ObjectSchema(
        "io.k8s.api.core.v1.Toleration", description: "Taints that a pod puts up with",
        fields: [
            Field("key", .string(), description: "Key of the taint; empty for all"),
            Field("operator", .string(), allowedValues: ["Exists", "Equal"], description: "Exists or Equal"),
            Field("value", .string(), description: "Value of the taint, for Equal"),
            Field(
                "effect", .string(), allowedValues: ["NoSchedule", "PreferNoSchedule", "NoExecute"],
                description: "Effect of the taint; empty for all"
            ),
            Field("tolerationSeconds", .int64, .omitAbsent, description: "Seconds a NoExecute taint is put up with; for ever when absent"),
        ])

    static let topologySpreadConstraint = ObjectSchema(
        "io.k8s.api.core.v1.TopologySpreadConstraint", description: "How pods are spread over the cluster",
        fields: [
            Field("maxSkew", .int32, .always, required: true, description: "How unevenly they may be spread"),
            Field("topologyKey", .string(), .always, required: true, description: "Node label whose values are the domains"),
            Field(
                "whenUnsatisfiable", .string(), .always, required: true, allowedValues: ["DoNotSchedule", "ScheduleAnyway"],
                description: "DoNotSchedule or ScheduleAnyway"
            ),
            Field("labelSelector", .object(.labelSelector), description: "Pods that are counted"),
            Field("minDomains", .int32, .omitAbsent, description: "How many domains there must be"),
            Field(
                "nodeAffinityPolicy", .string(), .omitAbsent, allowedValues: ["Ignore", "Honor"],
                description: "Whether the pod's node affinity limits the domains"
            ),
            Field("nodeTaintsPolicy", .string(), .omitAbsent, allowedValues: ["Ignore", "Honor"], description: "Whether taints limit the domains"),
            Field("matchLabelKeys", .array(.string()), description: "Labels that counted pods must share with this one"),
        ])
}
