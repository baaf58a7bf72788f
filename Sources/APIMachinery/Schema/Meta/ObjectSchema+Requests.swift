//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The types of upstream's meta/v1 that requests and answers consist of.
extension ObjectSchema {
    /// Outcome of a request that doesn't answer with an object.
    public static let status = ObjectSchema(
        "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
        description: "Outcome of a request that doesn't answer with an object",
        kinds: [GroupVersionKind(group: "", version: "v1", kind: "Status")],
        fields: typeMeta + [
            Field("metadata", .object(.listMeta), .always, description: "Metadata of a list"),
            Field("status", .string(), description: "Success or Failure"),
            Field("message", .string(), description: "What happened, for a person"),
            Field("reason", .string(), description: "What happened, for a program"),
            Field("details", .object(.statusDetails), description: "What the outcome is about"),
            Field("code", .int32, description: "HTTP status code"),
        ])

    /// What a status is about.
    public static let statusDetails = ObjectSchema(
        "io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails", description: "What a status is about",
        fields: [
            Field("name", .string(), description: "Name of the object"),
            Field("group", .string(), description: "Group of its kind"),
            Field("kind", .string(), description: "Its kind or resource"),
            Field("uid", .string(), description: "Its UID"),
            Field("causes", .array(.object(.statusCause)), description: "Single causes of the failure"),
            Field("retryAfterSeconds", .int32, description: "Seconds to wait before trying again"),
        ])

    /// One cause of a failure.
    public static let statusCause = ObjectSchema(
        "io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause", description: "One cause of a failure",
        fields: [
            Field("reason", .string(), description: "The cause, for a program"),
            Field("message", .string(), description: "The cause, for a person"),
            Field("field", .string(), description: "Path of the field at fault"),
        ])

    /// How to delete an object.
    public static let deleteOptions = ObjectSchema(
        "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
        description: "How to delete an object",
        kinds: [GroupVersionKind(group: "", version: "v1", kind: "DeleteOptions")],
        fields: typeMeta + [
            Field("gracePeriodSeconds", .int64, .omitAbsent, description: "Seconds the object may take to end; 0 ends it now"),
            Field("preconditions", .object(.preconditions), description: "What must hold of the object"),
            Field("orphanDependents", .boolean, .omitAbsent, description: "Old form of propagationPolicy"),
            Field(
                "propagationPolicy", .string(), .omitAbsent,
                description: "What becomes of the object's dependents: Orphan, Background or Foreground"
            ),
            Field("dryRun", .array(.string()), description: "All to do everything but the storing"),
            Field(
                "ignoreStoreReadErrorWithClusterBreakingPotential", .boolean, .omitAbsent,
                description: "Deletes an object that can't be read any more; breaks what depends on it"
            ),
        ])

    /// What must hold of an object before it is changed.
    public static let preconditions = ObjectSchema(
        "io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions", description: "What must hold of an object before it is changed",
        fields: [
            Field("uid", .string(), .omitAbsent, description: "It has this UID"),
            Field("resourceVersion", .string(), .omitAbsent, description: "It has this version"),
        ])
}
