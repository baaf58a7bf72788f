//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension KubernetesProtobuf {
    /// The types of apps/v1.
    static let appsV1: [String: String] = [
        "Deployment": "metadata=1 spec=2 status=3",
        "DeploymentCondition": "type=1 status=2 reason=4 message=5 lastUpdateTime=6 lastTransitionTime=7",
        "DeploymentSpec": "replicas=1 selector=2 template=3 strategy=4 minReadySeconds=5 revisionHistoryLimit=6 paused=7 progressDeadlineSeconds=9",
        "DeploymentStatus":
            "observedGeneration=1 replicas=2 updatedReplicas=3 availableReplicas=4 unavailableReplicas=5 conditions=6 readyReplicas=7 "
            + "collisionCount=8 terminatingReplicas=9",
        "DeploymentStrategy": "type=1 rollingUpdate=2",
        "RollingUpdateDeployment": "maxUnavailable=1 maxSurge=2",
    ]
}
