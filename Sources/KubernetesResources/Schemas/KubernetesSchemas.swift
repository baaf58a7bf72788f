//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// The shapes of the built-in kinds, as of Kubernetes 1.34: names, order, defaults and merge keys of all their members.
public enum KubernetesSchemas {
    /// `v1` Namespace.
    public static let namespace = CoreV1Schemas.namespace
    /// `v1` ConfigMap.
    public static let configMap = CoreV1Schemas.configMap
    /// `apps/v1` Deployment, with everything below it. Dynamic defaults are ``DeploymentDefaults``'.
    public static let deployment = AppsV1Schemas.deployment
    /// `autoscaling/v1` Scale.
    public static let scale = AutoscalingV1Schemas.scale
    /// The template of pods inside workloads.
    public static let podTemplateSpec = CoreV1Schemas.podTemplateSpec
    /// What a pod runs and where.
    public static let podSpec = CoreV1Schemas.podSpec
}
