//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

/// Parses JSON text.
func json(_ text: String) throws -> JSONValue {
    try JSONValue(parsing: Array(text.utf8))
}

/// A set from FieldsV1 text.
func fields(_ text: String) throws -> FieldSet {
    try FieldSet(fieldsV1: json(text))
}

extension FieldSet {
    /// FieldsV1 text.
    var text: String { String(decoding: fieldsV1.serialized(), as: UTF8.self) }
}

extension JSONValue {
    /// The object's managed fields; null without.
    var managedFields: JSONValue { self["metadata"]?["managedFields"] ?? .null }
}

/// A small type with every sort of list and map.
enum Workload {
    typealias Field = ObjectSchema.Field

    static let schema = ObjectSchema(
        "Workload",
        fields: ObjectSchema.typeMeta + [
            Field("metadata", .object(.objectMeta), .always),
            Field("spec", .object(spec), .always),
            Field("status", .object(status), .always),
        ])

    static let spec: ObjectSchema = ObjectSchema(
        "Spec",
        fields: [
            Field("replicas", .int32, .omitAbsent),
            Field("selector", .object(.labelSelector), .alwaysNullable),
            Field("strategy", .object(ObjectSchema("Strategy", fields: [Field("type", .string())])), .always),
            Field("containers", .array(.object(container), .map(keys: ["name"])), .always),
            Field("nodeSelector", .map(.string(), atomic: true)),
            Field("anything", .any),
            Field("child", .deferred { spec }),
        ])

    static let container = ObjectSchema(
        "Container",
        fields: [
            Field("name", .string(), .always),
            Field("args", .array(.string())),
            Field("ports", .array(.object(port), .map(keys: ["containerPort", "protocol"]))),
            Field("resources", .object(ObjectSchema("Resources", fields: [Field("limits", .map(.quantity))])), .always),
        ])

    static let port = ObjectSchema(
        "Port", fields: [Field("name", .string()), Field("containerPort", .int32, .always), Field("protocol", .string(), default: "TCP")])

    static let status = ObjectSchema("Status", fields: [Field("replicas", .int32)])
}

let start = Timestamp(secondsSinceEpoch: 1_795_418_964)
