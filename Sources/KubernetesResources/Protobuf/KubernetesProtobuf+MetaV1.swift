//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension KubernetesProtobuf {
    /// The types of meta/v1.
    static let metaV1: [String: String] = [
        "DeleteOptions":
            "gracePeriodSeconds=1 preconditions=2 orphanDependents=3 propagationPolicy=4 dryRun=5 "
            + "ignoreStoreReadErrorWithClusterBreakingPotential=6",
        "LabelSelector": "matchLabels=1 matchExpressions=2",
        "LabelSelectorRequirement": "key=1 operator=2 values=3",
        "ManagedFieldsEntry": "manager=1 operation=2 apiVersion=3 time=4 fieldsType=6 fieldsV1=7 subresource=8",
        "ObjectMeta":
            "name=1 generateName=2 namespace=3 selfLink=4 uid=5 resourceVersion=6 generation=7 creationTimestamp=8 deletionTimestamp=9 "
            + "deletionGracePeriodSeconds=10 labels=11 annotations=12 ownerReferences=13 finalizers=14 managedFields=17",
        "OwnerReference": "kind=1 name=3 uid=4 apiVersion=5 controller=6 blockOwnerDeletion=7",
        "Preconditions": "uid=1 resourceVersion=2",
    ]
}
