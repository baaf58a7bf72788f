//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// The types of the API `apps/v1`.
enum AppsV1Schemas {
    typealias Field = ObjectSchema.Field

    static let deployment = ObjectSchema(
        "io.k8s.api.apps.v1.Deployment",
        description: "Keeps a set of equal pods running and rolls out changes to them",
        kinds: [GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")],
        fields: ObjectSchema.typeMeta + [
            Field("metadata", .object(.objectMeta), .always, description: "Standard metadata"),
            Field("spec", .object(deploymentSpec), .always, description: "What is wanted"),
            Field("status", .object(deploymentStatus), .always, description: "What is, as last observed"),
        ])

    static let deploymentSpec = ObjectSchema(
        "io.k8s.api.apps.v1.DeploymentSpec", description: "What is wanted of a deployment",
        fields: [
            Field("replicas", .int32, .omitAbsent, default: 1, description: "How many pods there should be; 1 when not given"),
            Field(
                "selector", .object(.labelSelector), .alwaysNullable, required: true,
                description: "Which pods belong to the deployment; must match the template's labels and can't change"
            ),
            Field("template", .object(CoreV1Schemas.podTemplateSpec), .always, required: true, description: "What the pods are made from"),
            Field(
                "strategy", .object(deploymentStrategy), .always, patch: .retainKeys,
                description: "How pods are replaced when the template changes"
            ),
            Field("minReadySeconds", .int32, description: "Seconds a new pod must be ready before it counts as available"),
            Field("revisionHistoryLimit", .int32, .omitAbsent, default: 10, description: "How many old replica sets are kept for rollbacks"),
            Field("paused", .boolean, description: "Holds rollouts back"),
            Field(
                "progressDeadlineSeconds", .int32, .omitAbsent, default: 600,
                description: "Seconds without progress after which a rollout counts as failed"
            ),
        ])

    static let deploymentStrategy = ObjectSchema(
        "io.k8s.api.apps.v1.DeploymentStrategy", description: "How pods are replaced",
        fields: [
            Field(
                "type", .string(), default: "RollingUpdate", allowedValues: ["Recreate", "RollingUpdate"],
                description: "RollingUpdate or Recreate"
            ),
            Field("rollingUpdate", .object(rollingUpdateDeployment), description: "How fast a rolling update goes; only for RollingUpdate"),
        ])

    static let rollingUpdateDeployment = ObjectSchema(
        "io.k8s.api.apps.v1.RollingUpdateDeployment", description: "How fast a rolling update goes",
        fields: [
            Field("maxUnavailable", .intOrString, default: "25%", description: "How many pods may be missing meanwhile, as a number or a percentage"),
            Field(
                "maxSurge", .intOrString, default: "25%",
                description: "How many pods there may be too many meanwhile, as a number or a percentage"
            ),
        ])

    static let deploymentStatus = ObjectSchema(
        "io.k8s.api.apps.v1.DeploymentStatus", description: "What a deployment is like",
        fields: [
            Field("observedGeneration", .int64, description: "Generation that the controller last saw"),
            Field("replicas", .int32, description: "Pods that match the selector"),
            Field("updatedReplicas", .int32, description: "Pods made from the present template"),
            Field("readyReplicas", .int32, description: "Pods that are ready"),
            Field("availableReplicas", .int32, description: "Pods that have been ready for minReadySeconds"),
            Field("unavailableReplicas", .int32, description: "Pods still missing"),
            Field("terminatingReplicas", .int32, .omitAbsent, description: "Pods that are ending"),
            Field(
                "conditions", .array(.object(deploymentCondition), .map(keys: ["type"])), patch: .merge(key: "type"),
                description: "Aspects of the state"
            ),
            Field("collisionCount", .int32, .omitAbsent, description: "Counts name collisions of replica sets"),
        ])

    static let deploymentCondition = ObjectSchema(
        "io.k8s.api.apps.v1.DeploymentCondition", description: "One aspect of a deployment's state",
        fields: [
            Field("type", .string(), .always, required: true, description: "Which aspect"),
            Field("status", .string(), .always, required: true, description: "True, False or Unknown"),
            Field("lastUpdateTime", .timestamp, .always, description: "When the condition was last written"),
            Field("lastTransitionTime", .timestamp, .always, description: "When the status last changed"),
            Field("reason", .string(), description: "Why, for a program"),
            Field("message", .string(), description: "Why, for a person"),
        ])
}
