//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import KubernetesResources
import Testing

/// Makes values in which every member of a type is set.
private enum CompleteValue {
    /// Members in the type's order; types that contain themselves are followed three levels deep.
    static func of(_ schema: ObjectSchema, reversed: Bool, depth: Int = 0) -> JSONValue {
        let members = schema.fields.map { JSONObject.Member(key: $0.name, value: of($0.shape, reversed: reversed, depth: depth)) }
        return .object(JSONObject(reversed ? members.reversed() : members))
    }

    private static func of(_ shape: ObjectSchema.Shape, reversed: Bool, depth: Int) -> JSONValue {
        switch shape {
        case .string: "text"
        case .int32, .int64, .intOrString: 7
        case .double: 1.5
        case .boolean: true
        case .quantity: "3Gi"
        case .timestamp: "2026-01-31T12:00:00Z"
        case .bytes: "AQI="
        case .any: ["z": nil, "a": [1]]
        case .array(let element, _): [of(element, reversed: reversed, depth: depth)]
        case .map(let value, _):
            reversed
                ? ["b": of(value, reversed: reversed, depth: depth), "a": of(value, reversed: reversed, depth: depth)]
                : ["a": of(value, reversed: reversed, depth: depth), "b": of(value, reversed: reversed, depth: depth)]
        case .object(let schema): of(schema, reversed: reversed, depth: depth)
        case .deferred(let schema): depth < 3 ? of(schema(), reversed: reversed, depth: depth + 1) : schema().zeroValue
        }
    }
}

@Suite("Built-in kinds with every member set")
struct CompleteValueTests {
    private static let schemas = [
        KubernetesSchemas.deployment, KubernetesSchemas.namespace, KubernetesSchemas.configMap, KubernetesSchemas.scale, .status, .deleteOptions,
        .listMeta,
    ]

    @Test("Nothing is lost, and members that come backwards leave in the type's order", arguments: schemas.indices)
    func roundTrip(index: Int) throws {
        let schema = Self.schemas[index]
        let expected = CompleteValue.of(schema, reversed: false).text
        let normalized = try schema.normalize(CompleteValue.of(schema, reversed: true))
        #expect(normalized.value.text == expected)
        #expect(normalized.unknownFields.isEmpty)
    }

    @Test("No static default replaces what was given", arguments: schemas.indices)
    func defaults(index: Int) throws {
        let schema = Self.schemas[index]
        let complete = CompleteValue.of(schema, reversed: false)
        var value = complete
        schema.applyDefaults(&value)
        #expect(value.text == complete.text)
    }

    @Test("No type has a member twice, and equal names mean equal types", arguments: schemas.indices)
    func names(index: Int) throws {
        var seen: [String: [String]] = [:]
        func visit(_ shape: ObjectSchema.Shape) {
            switch shape {
            case .array(let element, _), .map(let element, _): visit(element)
            case .object(let schema): check(schema)
            default: break
            }
        }
        func check(_ schema: ObjectSchema) {
            let names = schema.fields.map(\.name)
            if let known = seen[schema.name] {
                #expect(known == names, "\(schema.name)")
                return
            }
            seen[schema.name] = names
            #expect(Set(names).count == names.count, "\(schema.name)")
            for field in schema.fields { visit(field.shape) }
        }
        check(Self.schemas[index])
        #expect(!seen.isEmpty)
    }

    @Test("A patch that replaces every member by itself changes nothing", arguments: schemas.indices)
    func identityPatch(index: Int) throws {
        let schema = Self.schemas[index]
        let value = CompleteValue.of(schema, reversed: false)
        let patched = try StrategicMergePatch.apply(value, to: value, schema: schema)
        #expect(patched.text == value.text)
        #expect(MergePatch.apply(value, to: value).text == value.text)
    }
}
