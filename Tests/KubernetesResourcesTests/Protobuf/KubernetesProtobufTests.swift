//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@testable import KubernetesResources

@Suite("Kubernetes protobuf")
struct KubernetesProtobufTests {
    /// Puts a message together.
    private struct Message {
        var bytes: [UInt8] = []

        init(_ fields: [UInt8]...) { bytes = fields.flatMap { $0 } }

        static func varint(_ value: UInt64) -> [UInt8] {
            var bytes: [UInt8] = []
            var rest = value
            while rest >= 0x80 {
                bytes.append(UInt8(rest & 0x7f) | 0x80)
                rest >>= 7
            }
            return bytes + [UInt8(rest)]
        }

        static func number(_ field: UInt64, _ value: Int64) -> [UInt8] { varint(field << 3) + varint(UInt64(bitPattern: value)) }
        static func bytes(_ field: UInt64, _ bytes: [UInt8]) -> [UInt8] { varint(field << 3 | 2) + varint(UInt64(bytes.count)) + bytes }
        static func text(_ field: UInt64, _ text: String) -> [UInt8] { bytes(field, Array(text.utf8)) }
        static func message(_ field: UInt64, _ fields: [UInt8]...) -> [UInt8] { bytes(field, fields.flatMap { $0 }) }
    }

    private func envelope(_ apiVersion: String, _ kind: String, _ object: [UInt8]) -> [UInt8] {
        [0x6b, 0x38, 0x73, 0] + Message.message(1, Message.text(1, apiVersion), Message.text(2, kind)) + Message.bytes(2, object)
    }

    private func decode(_ bytes: [UInt8], _ schema: ObjectSchema) throws -> JSONValue {
        try schema.normalize(try ProtobufEnvelope(bytes).object(schema: schema, numbering: KubernetesProtobuf.numbering)).value
    }

    @Test("What kubectl sends for a new namespace is read as the JSON that it would have sent")
    func namespaceFromKubectl() throws {
        // Recorded from `kubectl create namespace demo`.
        let recorded: [UInt8] = [
            0x6b, 0x38, 0x73, 0x00, 0x0a, 0x0f, 0x0a, 0x02, 0x76, 0x31, 0x12, 0x09, 0x4e, 0x61, 0x6d, 0x65, 0x73, 0x70, 0x61, 0x63, 0x65, 0x12, 0x1c,
            0x0a, 0x14, 0x0a, 0x04, 0x64, 0x65, 0x6d, 0x6f, 0x12, 0x00, 0x1a, 0x00, 0x22, 0x00, 0x2a, 0x00, 0x32, 0x00, 0x38, 0x00, 0x42, 0x00, 0x12,
            0x00, 0x1a, 0x02, 0x0a, 0x00, 0x1a, 0x00, 0x22, 0x00,
        ]
        let decoded = try decode(recorded, KubernetesSchemas.namespace)
        #expect(
            String(decoding: decoded.serialized(), as: UTF8.self)
                == #"{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"demo"},"spec":{},"status":{}}"#)
    }

    @Test("Every way in which a deployment's members travel is understood")
    func deployment() throws {
        let container = Message(
            Message.text(1, "c"), Message.text(2, "nginx"),
            Message.message(6, Message.text(1, "http"), Message.number(3, 80), Message.text(4, "TCP")),
            Message.message(7, Message.text(1, "SIZE"), Message.text(2, "")),
            Message.message(8, Message.message(1, Message.text(1, "cpu"), Message.message(2, Message.text(1, "100m")))),
            Message.message(
                10, Message.message(1, Message.message(2, Message.text(1, "/"), Message.message(2, Message.number(1, 1), Message.text(3, "http")))),
                Message.number(2, 5)))
        let volume = Message(
            Message.text(1, "v"), Message.message(2, Message.message(19, Message.message(1, Message.text(1, "settings")), Message.number(3, 420))))
        let pod = Message(Message.bytes(1, volume.bytes), Message.bytes(2, container.bytes), Message.number(4, -1))
        let object = Message(
            Message.message(
                1, Message.text(1, "web"), Message.message(8, Message.number(1, 1_700_000_000)),
                Message.message(11, Message.text(1, "app"), Message.text(2, "web"))),
            Message.message(
                2, Message.number(1, 0), Message.message(3, Message.message(1), Message.bytes(2, pod.bytes)),
                Message.message(4, Message.message(2, Message.message(2, Message.number(1, 0), Message.number(2, 2)))), Message.number(99, 1)))
        let decoded = try decode(envelope("apps/v1", "Deployment", object.bytes), KubernetesSchemas.deployment)
        #expect(decoded["metadata"]?["creationTimestamp"] == "2023-11-14T22:13:20Z")
        #expect(decoded["metadata"]?["labels"] == ["app": "web"])
        #expect(decoded["spec"]?["replicas"] == 0, "an explicit zero is not an absent value")
        #expect(decoded["spec"]?["strategy"] == ["rollingUpdate": ["maxSurge": 2]])
        let podSpec = try #require(decoded["spec"]?["template"]?["spec"])
        #expect(podSpec["terminationGracePeriodSeconds"] == -1)
        #expect(podSpec["volumes"] == [["name": "v", "configMap": ["name": "settings", "defaultMode": 420]]])
        let read = try #require(podSpec["containers"]?.arrayValue?.first)
        #expect(read["ports"] == [["name": "http", "containerPort": 80, "protocol": "TCP"]])
        #expect(read["resources"] == ["limits": ["cpu": "100m"]])
        #expect(read["livenessProbe"] == ["httpGet": ["path": "/", "port": "http"], "initialDelaySeconds": 5])
    }

    @Test("Binary data becomes base64", arguments: [([0], "AA=="), ([0, 1], "AAE="), ([0, 1, 0xff], "AAH/"), ([], "")] as [([UInt8], String)])
    func binaryData(bytes: [UInt8], text: String) throws {
        let object = Message(
            Message.message(1, Message.text(1, "m")), Message.message(3, Message.text(1, "k"), Message.bytes(2, bytes)))
        #expect(try decode(envelope("v1", "ConfigMap", object.bytes), KubernetesSchemas.configMap)["binaryData"] == ["k": .string(text)])
    }

    @Test("Damaged bytes are refused with the member that can't be read, and never crash")
    func damaged() throws {
        let object = Message(Message.message(1, Message.text(1, "web")), Message.message(2, Message.message(2, Message.bytes(1, [0x0a]))))
        let good = envelope(
            "apps/v1", "Deployment", Message(Message.message(1, Message.text(1, "web")), Message.message(2, Message.number(1, 3))).bytes)
        let error = #expect(throws: ProtobufError.self) { try decode(envelope("apps/v1", "Deployment", object.bytes), KubernetesSchemas.deployment) }
        #expect(error?.path == "spec.selector.matchLabels")
        for end in 0..<good.count {
            let cut = Array(good[..<end])
            // A cut may leave a whole message; it must not do anything but be read or be refused.
            do { _ = try decode(cut, KubernetesSchemas.deployment) } catch is ProtobufError {}
        }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            var bytes = good
            bytes[Int.random(in: 4..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            do { _ = try decode(bytes, KubernetesSchemas.deployment) } catch is ProtobufError {} catch is JSONDecodingFailure {}
        }
        #expect(throws: ProtobufError.self) { try ProtobufEnvelope(Array("{}".utf8)) }
    }

    @Test("Every type that a built-in kind can hold has its numbers, and every member of the type has one")
    func completeness() throws {
        var seen: Set<String> = []
        var missing: [String] = []
        func visit(_ shape: ObjectSchema.Shape) {
            switch shape {
            case .array(let element, _): visit(element)
            case .map(let value, _): visit(value)
            default: if let schema = shape.objectSchema { visit(schema) }
            }
        }
        func visit(_ schema: ObjectSchema) {
            guard seen.insert(schema.name).inserted else { return }
            let known = Set(KubernetesProtobuf.numbering.memberNames(of: schema.name))
            for field in schema.fields {
                if !["kind", "apiVersion"].contains(field.name) && !known.contains(field.name) { missing.append("\(schema.name).\(field.name)") }
                visit(field.shape)
            }
        }
        for schema in [
            KubernetesSchemas.namespace, KubernetesSchemas.configMap, KubernetesSchemas.deployment, KubernetesSchemas.scale, .deleteOptions,
        ] { visit(schema) }
        #expect(missing.isEmpty, "\(missing)")
        #expect(seen.count > 80)
    }
}
