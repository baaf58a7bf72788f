//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The types of upstream's meta/v1 that every object carries.
extension ObjectSchema {
    /// `kind` and `apiVersion`, with which every type begins that travels on its own.
    public static let typeMeta: [Field] = [
        Field("kind", .string(), description: "Kind of the object"),
        Field("apiVersion", .string(), description: "Version of the API in which the object is written"),
    ]

    /// What every stored object says about itself.
    public static let objectMeta = ObjectSchema(
        "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", description: "What every stored object says about itself",
        fields: [
            Field("name", .string(), description: "Name, unique among the objects of its kind in the namespace; can't change"),
            Field("generateName", .string(), description: "Prefix of a name that the server completes when no name is given"),
            Field("namespace", .string(), description: "Namespace it lives in; empty for cluster-scoped objects"),
            Field("selfLink", .string(), description: "No longer set"),
            Field("uid", .string(), description: "Identity of this object, given by the server; never used again"),
            Field("resourceVersion", .string(), description: "Version for optimistic locking and watches; opaque to clients"),
            Field("generation", .int64, description: "Counts changes of the desired state"),
            Field("creationTimestamp", .timestamp, description: "When the server made it"),
            Field("deletionTimestamp", .timestamp, description: "When it is to be gone; set by the server once deletion was asked for"),
            Field("deletionGracePeriodSeconds", .int64, .omitAbsent, description: "Seconds it may take to end"),
            Field("labels", .map(.string()), description: "Key-value pairs by which objects are selected"),
            Field("annotations", .map(.string()), description: "Key-value pairs for tools; not selectable"),
            Field(
                "ownerReferences", .array(.object(.ownerReference), .map(keys: ["uid"])), patch: .merge(key: "uid"),
                description: "Objects that this one depends on; it is collected when all are gone"
            ),
            Field("finalizers", .array(.string(), .set), patch: .merge, description: "Who must agree before the object is removed"),
            Field("managedFields", .array(.object(.managedFieldsEntry)), description: "Who manages which fields, kept by the server"),
        ])

    /// Points to an object that owns this one, in the same namespace or cluster-scoped.
    public static let ownerReference = ObjectSchema(
        "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference",
        description: "Points to an object that owns this one, in the same namespace or cluster-scoped",
        isAtomic: true,
        fields: [
            Field("apiVersion", .string(), .always, required: true, description: "API version of the owner"),
            Field("kind", .string(), .always, required: true, description: "Kind of the owner"),
            Field("name", .string(), .always, required: true, description: "Name of the owner"),
            Field("uid", .string(), .always, required: true, description: "UID of the owner"),
            Field("controller", .boolean, .omitAbsent, description: "Whether the owner is the one that manages this object"),
            Field("blockOwnerDeletion", .boolean, .omitAbsent, description: "Whether foreground deletion of the owner waits for this object"),
        ])

    /// Fields that one manager set through one version of the API.
    public static let managedFieldsEntry = ObjectSchema(
        "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry", description: "Fields that one manager set through one version of the API",
        fields: [
            Field("manager", .string(), description: "Name of the manager"),
            Field("operation", .string(), description: "How the fields were set: Apply or Update"),
            Field("apiVersion", .string(), description: "API version in which the fields are named"),
            Field("time", .timestamp, description: "When the fields were last changed"),
            Field("fieldsType", .string(), description: "Format of the fields; FieldsV1"),
            Field("fieldsV1", .any, description: "The fields as a tree"),
            Field("subresource", .string(), description: "Subresource through which they were set"),
        ])

    /// Selects objects by labels; all conditions must hold, and an empty selector selects everything.
    public static let labelSelector = ObjectSchema(
        "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector",
        description: "Selects objects by labels; all conditions must hold, and an empty selector selects everything",
        isAtomic: true,
        fields: [
            Field("matchLabels", .map(.string()), description: "Labels with exactly these values"),
            Field("matchExpressions", .array(.object(.labelSelectorRequirement)), description: "Conditions on labels"),
        ])

    /// A condition on one label.
    public static let labelSelectorRequirement = ObjectSchema(
        "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement", description: "A condition on one label",
        fields: [
            Field("key", .string(), .always, required: true, description: "Label to look at"),
            Field("operator", .string(), .always, required: true, description: "In, NotIn, Exists or DoesNotExist"),
            Field("values", .array(.string()), description: "Values for In and NotIn"),
        ])

    /// What a list says about itself.
    public static let listMeta = ObjectSchema(
        "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", description: "What a list says about itself",
        fields: [
            Field("selfLink", .string(), description: "No longer set"),
            Field("resourceVersion", .string(), description: "Version of the list, from which a watch can go on"),
            Field("continue", .string(), description: "Token for the next page; empty on the last"),
            Field("remainingItemCount", .int64, .omitAbsent, description: "About how many objects follow on later pages"),
        ])
}
