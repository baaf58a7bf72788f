//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@Suite("Stored objects")
struct StoredObjectTests {
    static func object(_ text: String, version: UInt64 = 42) -> StoredObject {
        StoredObject(key: "/x", bytes: Array(text.utf8), resourceVersion: ResourceVersion(version))
    }

    @Test("Metadata is read from wherever it stands, with null and absent members empty")
    func metadata() throws {
        let text = #"""
            {"spec":{"metadata":{"name":"no"}},"a":"}\"","meta\u0064ata":{"labels":{"a":"b","\u0063":"d\n"},"name":"web","namespace":"demo",
            "uid":"u-1","generation":3,"creationTimestamp":"2026-11-23T07:29:34Z","deletionTimestamp":null,"deletionGracePeriodSeconds":30,
            "finalizers":["x/y","z"],"annotations":{"name":"no"},"ownerReferences":[{"name":"no","uid":"no"}]},"status":[1,[2],{"name":"no"}]}
            """#
        try StoredObjectTests.object(text).checkMetadata()
        let metadata = try StoredObjectTests.object(text).metadata()
        var expected = ObjectMetadata()
        (expected.name, expected.namespace, expected.uid, expected.generation) = ("web", "demo", "u-1", 3)
        (expected.creationTimestamp, expected.deletionGracePeriodSeconds) = ("2026-11-23T07:29:34Z", 30)
        (expected.labels, expected.finalizers) = (["a": "b", "c": "d\n"], ["x/y", "z"])
        #expect(metadata == expected)
    }

    @Test("An object without metadata has empty metadata", arguments: ["{}", #"{"metadata":null}"#, #"{"metadata":{}}"#, #"{"a":1}"# + "\n"])
    func noMetadata(text: String) throws {
        #expect(try StoredObjectTests.object(text).metadata() == ObjectMetadata())
    }

    @Test(
        "Metadata of a wrong type is refused by name",
        arguments: [
            ("[]", "invalid character '[' looking for beginning of object"), (#"{"metadata":[]}"#, "metadata is not an object"),
            (#"{"metadata":{"name":1}}"#, "metadata.name is not a string"),
            (#"{"metadata":{"generation":"1"}}"#, "metadata.generation is not an integer"),
            (#"{"metadata":{"generation":1.5}}"#, "metadata.generation is not an integer"),
            (#"{"metadata":{"labels":[]}}"#, "metadata.labels is not an object"),
            (#"{"metadata":{"labels":{"a":1}}}"#, "a value in metadata.labels is not a string"),
            (#"{"metadata":{"finalizers":{}}}"#, "metadata.finalizers is not an array"),
            (#"{"metadata":{"finalizers":[1]}}"#, "an element of metadata.finalizers is not a string"),
            (#"{"metadata":{"deletionTimestamp":1}}"#, "metadata.deletionTimestamp is not a string"),
        ])
    func wrongTypes(text: String, message: String) throws {
        let error = #expect(throws: JSONError.self) { try StoredObjectTests.object(text).metadata() }
        #expect(error?.message == message)
        #expect(#expect(throws: JSONError.self) { try StoredObjectTests.object(text).checkMetadata() } == error)
    }

    @Test(
        "The version leaves after the uid, or before it where keys are sorted; without a uid at the end",
        arguments: [
            (
                #"{"metadata":{"name":"n","uid":"u","generation":1},"spec":{}}"#,
                #"{"metadata":{"name":"n","uid":"u","resourceVersion":"42","generation":1},"spec":{}}"#
            ),
            (#"{"metadata":{"name":"n","uid":"u"},"spec":{}}"#, #"{"metadata":{"name":"n","resourceVersion":"42","uid":"u"},"spec":{}}"#),
            (#"{"metadata":{"uid":"u"}}"#, #"{"metadata":{"resourceVersion":"42","uid":"u"}}"#),
            (#"{"metadata":{"name":"n"}}"#, #"{"metadata":{"name":"n","resourceVersion":"42"}}"#),
            (#"{"metadata":{}}"#, #"{"metadata":{"resourceVersion":"42"}}"#), (#"{"a":1}"#, #"{"a":1,"metadata":{"resourceVersion":"42"}}"#),
            ("{}", #"{"metadata":{"resourceVersion":"42"}}"#),
            (#"{"metadata":{"uid":"u","a":1}}"# + "\n", #"{"metadata":{"uid":"u","resourceVersion":"42","a":1}}"#),
            (#"{"metadata":{"uid":"u","resourceVersion":"1"}}"#, #"{"metadata":{"uid":"u","resourceVersion":"42"}}"#),
            (#"{"metadata":{"resourceVersion":null,"uid":"u"}}"#, #"{"metadata":{"resourceVersion":"42","uid":"u"}}"#),
            (#"{"metadata":{"labels":{"uid":"x"},"name":"n"}}"#, #"{"metadata":{"labels":{"uid":"x"},"name":"n","resourceVersion":"42"}}"#),
        ])
    func splice(text: String, expected: String) throws {
        let object = StoredObjectTests.object(text)
        #expect(String(decoding: object.serialized(), as: UTF8.self) == expected)
        #expect(try object.value().text == expected)
    }

    @Test("Without a version the bytes leave as they are, but for the line feed", arguments: ["{}", "{}\n", #"{"metadata":{"uid":"u"}}"# + "\n"])
    func noVersion(text: String) throws {
        let object = StoredObjectTests.object(text, version: 0)
        let line = text.hasSuffix("\n") ? String(text.dropLast()) : text
        #expect(String(decoding: object.serialized(), as: UTF8.self) == line)
        #expect(try object.value().text == line)
    }

    @Test(
        "Bytes that can't be followed leave as they are",
        arguments: ["", "x", "[1]", "k8s\u{0}\u{1}", #"{"metadata":7}"#, #"{"a":"#, #"{"metadata":{"uid":"#])
    func unparsable(text: String) {
        #expect(String(decoding: StoredObjectTests.object(text).serialized(), as: UTF8.self) == text)
    }

    @Test("Splicing gives what parsing and setting gives", arguments: [UInt64.random(in: 0 ... .max)])
    func spliceEqualsSet(seed: UInt64) throws {
        var random = RandomJSON(seed: seed)
        for round in 0..<3000 {
            let text = random.storedText(withUID: round % 3 != 0, sorted: round % 2 == 0, spaced: round % 5 == 0)
            let object = StoredObjectTests.object(text + (round % 7 == 0 ? "\n" : ""), version: UInt64(round) + 1)
            let spliced = try JSONParser.parse(object.serialized())
            let value = try object.value()
            if spliced.value.serialized() != value.serialized() || !spliced.duplicateFields.isEmpty {
                Issue.record("seed \(seed): \(text) was spliced as \(spliced.value.text)")
                return
            }
            #expect(value["metadata"]?["resourceVersion"]?.stringValue == object.resourceVersion.description)
        }
    }

    @Test("Many objects can be written into one buffer")
    func appending() throws {
        var buffer = Array("[".utf8)
        for version in 1...200 {
            if version > 1 { buffer.append(UInt8(ascii: ",")) }
            StoredObjectTests.object(#"{"metadata":{"name":"n","uid":"u"}}"# + "\n", version: UInt64(version)).write(into: &buffer)
        }
        buffer.append(UInt8(ascii: "]"))
        let versions = try JSONValue(parsing: buffer).arrayValue?.compactMap { $0["metadata"]?["resourceVersion"]?.stringValue }
        #expect(versions == (1...200).map(String.init))
    }
}
