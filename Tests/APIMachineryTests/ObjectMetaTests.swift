//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@Suite("Object metadata, typed")
struct ObjectMetaTests {
    static let full = #"""
        {"name":"web","generateName":"w-","namespace":"demo","uid":"u-1","resourceVersion":"5","generation":2,
        "creationTimestamp":"2026-11-23T07:29:34Z",
        "deletionTimestamp":"2026-11-23T07:30:00Z","deletionGracePeriodSeconds":0,"labels":{"a":"1","b":"2"},"annotations":{"x":"y"},
        "ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"u-0","controller":true,"blockOwnerDeletion":false}],
        "finalizers":["f/g"],"managedFields":[{"manager":"kubectl","operation":"Update"}]}
        """#.split(separator: "\n").joined()

    @Test("All members come back in upstream's order")
    func roundTrip() throws {
        let tree = try JSONValue(text: ObjectMetaTests.full)
        let meta = try ObjectMeta(json: tree)
        #expect(meta.json().text == ObjectMetaTests.full)
        #expect(meta.deletionGracePeriodSeconds == 0)
        #expect(meta.ownerReferences.first?.controller == true)
        #expect(try JSONValueDecoder().decode(ObjectMeta.self, from: tree) == meta)
        #expect(try JSONValueEncoder().encode(meta).text == ObjectMetaTests.full)
    }

    @Test("Empty members are left out, nulls read as empty, unknown members are dropped")
    func empty() throws {
        #expect(ObjectMeta().json().text == "{}")
        let tree = try JSONValue(
            text: #"{"name":null,"labels":null,"creationTimestamp":null,"selfLink":"/x","finalizers":[],"annotations":{"k":null}}"#)
        var expected = ObjectMeta()
        expected.annotations = ["k": ""]
        #expect(try ObjectMeta(json: tree) == expected)
    }

    @Test(
        "A member of a wrong type is named",
        arguments: [
            (#"{"name":1}"#, "name: expected a string, found the integer 1"),
            (#"{"labels":{"a":1}}"#, "labels.a: expected a string, found the integer 1"),
            (#"{"generation":"1"}"#, "generation: expected an integer, found a string"),
            (#"{"finalizers":["a",1]}"#, "finalizers[1]: expected a string, found the integer 1"),
            (#"{"ownerReferences":[{"name":[]}]}"#, "ownerReferences[0].name: expected a string, found an array"),
            (#"{"ownerReferences":[1]}"#, "ownerReferences[0]: expected an object, found the integer 1"),
            (#"{"creationTimestamp":"x"}"#, "creationTimestamp: expected a time in RFC 3339 form, such as 2026-11-23T07:29:34Z, found a string"),
            ("[]", "expected an object, found an array"),
        ])
    func wrongTypes(text: String, message: String) throws {
        let tree = try JSONValue(text: text)
        let failure = #expect(throws: JSONDecodingFailure.self) { try ObjectMeta(json: tree) }
        #expect(failure?.description == message)
        struct Holder: Codable { var metadata: ObjectMeta }
        let nested = #expect(throws: JSONDecodingFailure.self) { try JSONValueDecoder().decode(Holder.self, from: ["metadata": tree]) }
        #expect(nested?.description.hasPrefix("metadata") == true)
    }
}

@Suite("Dynamic objects")
struct UnstructuredTests {
    @Test("Setting metadata writes what changed and leaves what it doesn't know")
    func metadata() throws {
        let text = #"{"kind":"K","metadata":{"name":"n","custom":{"a":1},"labels":{"a":"b"},"creationTimestamp":null},"spec":{}}"#
        var object = try Unstructured(json: JSONValue(text: text))
        object.metadata.name = "m"
        object.metadata.labels = [:]
        object.metadata.uid = "u"
        #expect(object.value.text == #"{"kind":"K","metadata":{"name":"m","custom":{"a":1},"creationTimestamp":null,"uid":"u"},"spec":{}}"#)
        #expect(object.metadata.name == "m")
    }

    @Test("An object without metadata gets some when it is set")
    func missing() throws {
        var object = try Unstructured(json: ["kind": "K"])
        #expect(object.metadata == ObjectMeta())
        object.metadata.name = "n"
        #expect(object.value.text == #"{"kind":"K","metadata":{"name":"n"}}"#)
    }

    @Test(
        "What isn't an object, or has impossible metadata, is refused",
        arguments: ["[]", "null", #"{"metadata":[]}"#, #"{"metadata":{"labels":{"a":1}}}"#])
    func refused(text: String) throws {
        let tree = try JSONValue(text: text)
        #expect(throws: JSONDecodingFailure.self) { try Unstructured(json: tree) }
    }

    @Test("Metadata that was made impossible later reads as empty, and is left alone by changes elsewhere")
    func lenient() throws {
        var object = Unstructured(apiVersion: "v1", kind: "K")
        object.value["metadata"] = ["name": "n", "labels": [1], "ownerReferences": [1], "finalizers": ["a", 1]]
        #expect(object.metadata.name == "n")
        #expect(object.metadata.labels.isEmpty)
        object.metadata.uid = "u"
        #expect(object.value["metadata"]?.text == #"{"name":"n","labels":[1],"ownerReferences":[1],"finalizers":["a",1],"uid":"u"}"#)
    }

    @Test("Paths reach into the object, and make what is missing")
    func paths() throws {
        var object = Unstructured(apiVersion: "v1", kind: "K")
        object[path: "spec", "template", "replicas"] = 3
        #expect(object[path: "spec", "template", "replicas"] == 3)
        #expect(object[path: "spec", "nope", "replicas"] == nil)
        object[path: "spec", "template", "replicas"] = nil
        object[path: "status", "x"] = nil
        #expect(object.json().text == #"{"apiVersion":"v1","kind":"K","metadata":{},"spec":{"template":{}}}"#)
        #expect(object.apiVersion == "v1" && object.kind == "K" && object["spec"] != nil)
    }

    @Test("A Codable type is an API resource without further ado")
    func typed() throws {
        struct Gadget: APIResource, Codable, Equatable {
            struct Spec: Codable, Equatable { var replicas: Int32 }
            var apiVersion = "samples.example.com/v1"
            var kind = "Gadget"
            var metadata = ObjectMeta()
            var spec = Spec(replicas: 1)
        }
        var gadget = Gadget()
        gadget.metadata.name = "one"
        let text = #"{"apiVersion":"samples.example.com/v1","kind":"Gadget","metadata":{"name":"one"},"spec":{"replicas":1}}"#
        #expect(gadget.json().text == text)
        #expect(try Gadget(json: JSONValue(text: text)) == gadget)
        var tree = gadget.json()
        tree["spec"] = ["replicas": 3_000_000_000]
        let failure = #expect(throws: JSONDecodingFailure.self) { try Gadget(json: tree) }
        #expect(failure?.path == "spec.replicas")
    }
}
