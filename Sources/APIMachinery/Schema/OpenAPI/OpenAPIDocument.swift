//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// OpenAPI documents of the resources that a server has: what kubectl explains, validates and merges by.
///
/// Documents are values to be serialized by the caller, who also keeps them and gives them an ETag: building one costs a pass over all the types it refers to.
///
/// Source of the rule: the documents of upstream's `/openapi/v3` and `/openapi/v2`.
public enum OpenAPIDocument {
    /// The version 3 document of one group and version: the paths of its resources and every type that they refer to.
    ///
    /// kubectl finds out here whether the server validates fields: the PATCH of the kind must have the parameter `fieldValidation`.
    public static func v3(_ resources: [OpenAPIResource], groupVersion: GroupVersion, title: String, version: String) -> JSONValue {
        var paths = OpenAPIPaths(dialect: .v3)
        for resource in resources where resource.groupVersion == groupVersion { paths.add(resource) }
        return [
            "openapi": "3.0.0", "info": ["title": .string(title), "version": .string(version)], "paths": paths.value,
            "components": ["schemas": paths.definitions.value],
        ]
    }

    /// The version 2 document (Swagger) of all resources together.
    public static func v2(_ resources: [OpenAPIResource], title: String, version: String) -> JSONValue {
        var paths = OpenAPIPaths(dialect: .v2)
        for resource in resources { paths.add(resource) }
        return [
            "swagger": "2.0", "info": ["title": .string(title), "version": .string(version)], "paths": paths.value,
            "definitions": paths.definitions.value,
        ]
    }
}
