//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// The protobuf field numbers of the built-in kinds, down to the last member.
///
/// Source of the rule: upstream's generated.proto files, as of Kubernetes 1.34 and later; numbers are never reused.
public enum KubernetesProtobuf {
    /// All of them.
    public static let numbering = ProtobufNumbering(packages: [
        "io.k8s.api.apps.v1": appsV1,
        "io.k8s.api.autoscaling.v1": autoscalingV1,
        "io.k8s.api.core.v1": coreV1,
        "io.k8s.apimachinery.pkg.apis.meta.v1": metaV1,
    ])
}
