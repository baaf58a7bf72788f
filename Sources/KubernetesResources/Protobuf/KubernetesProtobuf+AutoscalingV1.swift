//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension KubernetesProtobuf {
    /// The types of autoscaling/v1.
    static let autoscalingV1: [String: String] = [
        "Scale": "metadata=1 spec=2 status=3",
        "ScaleSpec": "replicas=1",
        "ScaleStatus": "replicas=1 selector=2",
    ]
}
