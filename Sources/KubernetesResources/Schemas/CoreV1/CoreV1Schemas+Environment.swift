//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

extension CoreV1Schemas {
    static let envVar = ObjectSchema(
        "io.k8s.api.core.v1.EnvVar", description: "An environment variable",
        fields: [
            Field("name", .string(), .always, required: true, description: "Its name"),
            Field("value", .string(), description: "Its value; $(NAME) refers to other variables"),
            Field("valueFrom", .object(envVarSource), description: "Where the value comes from instead"),
        ])

    static let envVarSource = ObjectSchema(
        "io.k8s.api.core.v1.EnvVarSource", description: "Where a variable's value comes from",
        fields: [
            Field("fieldRef", .object(objectFieldSelector), description: "A field of the pod"),
            Field("resourceFieldRef", .object(resourceFieldSelector), description: "A resource of a container"),
            Field("configMapKeyRef", .object(configMapKeySelector), description: "A key of a config map"),
            Field("secretKeyRef", .object(secretKeySelector), description: "A key of a secret"),
            Field("fileKeyRef", .object(fileKeySelector), description: "A key in a file"),
        ])

    static let envFromSource = ObjectSchema(
        "io.k8s.api.core.v1.EnvFromSource", description: "Where many environment variables come from",
        fields: [
            Field("prefix", .string(), description: "Put before each name"),
            Field("configMapRef", .object(configMapEnvSource), description: "All keys of a config map"),
            Field("secretRef", .object(secretEnvSource), description: "All keys of a secret"),
        ])

    static let configMapEnvSource = ObjectSchema(
        "io.k8s.api.core.v1.ConfigMapEnvSource", description: "A config map whose keys become variables",
        fields: [
            Field("name", .string(), description: "Its name"),
            Field("optional", .boolean, .omitAbsent, description: "Whether it may be missing"),
        ])

    static let secretEnvSource = ObjectSchema(
        "io.k8s.api.core.v1.SecretEnvSource", description: "A secret whose keys become variables",
        fields: [
            Field("name", .string(), description: "Its name"),
            Field("optional", .boolean, .omitAbsent, description: "Whether it may be missing"),
        ])

    static let configMapKeySelector = ObjectSchema(
        "io.k8s.api.core.v1.ConfigMapKeySelector", description: "A key of a config map", isAtomic: true,
        fields: [
            Field("name", .string(), description: "Its name"),
            Field("key", .string(), .always, required: true, description: "The key"),
            Field("optional", .boolean, .omitAbsent, description: "Whether it may be missing"),
        ])

    static let secretKeySelector = ObjectSchema(
        "io.k8s.api.core.v1.SecretKeySelector", description: "A key of a secret", isAtomic: true,
        fields: [
            Field("name", .string(), description: "Its name"),
            Field("key", .string(), .always, required: true, description: "The key"),
            Field("optional", .boolean, .omitAbsent, description: "Whether it may be missing"),
        ])

    static let fileKeySelector = ObjectSchema(
        "io.k8s.api.core.v1.FileKeySelector", description: "A key in a file of variables", isAtomic: true,
        fields: [
            Field("volumeName", .string(), .always, required: true, description: "Volume that holds the file"),
            Field("path", .string(), .always, required: true, description: "Path of the file in the volume"),
            Field("key", .string(), .always, required: true, description: "The key"),
            Field("optional", .boolean, .omitAbsent, default: false, description: "Whether it may be missing"),
        ])

    static let objectFieldSelector = ObjectSchema(
        "io.k8s.api.core.v1.ObjectFieldSelector", description: "A field of the pod", isAtomic: true,
        fields: [
            Field("apiVersion", .string(), default: "v1", description: "API version in which the path is meant"),
            Field("fieldPath", .string(), .always, required: true, description: "Path of the field"),
        ])

    static let resourceFieldSelector = ObjectSchema(
        "io.k8s.api.core.v1.ResourceFieldSelector", description: "A resource of a container", isAtomic: true,
        fields: [
            Field("containerName", .string(), description: "The container"),
            Field("resource", .string(), .always, required: true, description: "The resource, such as limits.cpu"),
            Field("divisor", .quantity, .always, description: "Unit in which the value is given"),
        ])
}
