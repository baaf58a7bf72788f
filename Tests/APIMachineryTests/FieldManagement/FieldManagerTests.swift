//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@Suite("Managed fields of custom resources, as recorded from upstream")
struct RecordedFieldManagerTests {
    static let manager = FieldManager(apiVersion: "samples.example.com/v1", schema: nil, resetFields: FieldSet(["status"]))
    static let status = FieldManager(
        apiVersion: "samples.example.com/v1", subresource: "status", schema: nil, resetFields: FieldSet(["metadata"], ["spec"]))

    static func gadget(_ rest: String, uid: String = #""uid":"837db0a7","#) throws -> JSONValue {
        try json(#"{"apiVersion":"samples.example.com/v1","kind":"Gadget","metadata":{\#(uid)"name":"one","namespace":"demo"\#(rest)}"#)
    }

    static let created = #"""
        [{"manager":"kubectl","operation":"Update","apiVersion":"samples.example.com/v1","time":"2026-11-23T07:29:24Z","fieldsType":"FieldsV1",\#
        "fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:spec":{".":{},"f:replicas":{},"f:title":{}}}}]
        """#

    @Test("Create, patch, status and another's label, one after the other")
    func story() throws {
        let manager = Self.manager
        let new = try Self.gadget(#","labels":{"a":"b"}},"spec":{"title":"first","replicas":1},"status":{"replicas":9}"#, uid: "")
        let one = manager.update(new, live: nil, manager: "kubectl", now: start)
        #expect(one.managedFields.text == Self.created)

        let live = try Self.gadget(#","labels":{"a":"b"},"managedFields":\#(Self.created)},"spec":{"title":"first","replicas":1}"#)
        let patched = try Self.gadget(#","labels":{"a":"b"},"managedFields":\#(Self.created)},"spec":{"title":"first","replicas":3}"#)
        let two = manager.update(patched, live: live, manager: "kubectl", now: start.after(1))
        #expect(two.managedFields.text == Self.created.replacing("07:29:24", with: "07:29:25"))

        var reported = two
        reported["status"] = ["replicas": 2]
        reported["spec"] = ["title": "ignored here"]
        reported["metadata"]?["managedFields"] = []
        var three = Self.status.update(reported, live: two, manager: "kubectl", now: start.after(1))
        let statusEntry = #"""
            {"manager":"kubectl","operation":"Update","apiVersion":"samples.example.com/v1","time":"2026-11-23T07:29:25Z","fieldsType":"FieldsV1",\#
            "fieldsV1":{"f:status":{".":{},"f:replicas":{}}},"subresource":"status"}
            """#
        #expect(three.managedFields.arrayValue?.map(\.text) == [try #require(two.managedFields.arrayValue?.first).text, statusEntry])

        three["spec"] = two["spec"]
        var labelled = three
        labelled["metadata"]?["labels"] = ["a": "c"]
        let four = manager.update(labelled, live: three, manager: "python-requests", now: start.after(4))
        let entries = try #require(four.managedFields.arrayValue)
        #expect(
            entries.map { $0["fieldsV1"]?.text } == [
                #"{"f:metadata":{"f:labels":{}},"f:spec":{".":{},"f:replicas":{},"f:title":{}}}"#, #"{"f:status":{".":{},"f:replicas":{}}}"#,
                #"{"f:metadata":{"f:labels":{"f:a":{}}}}"#,
            ])
        #expect(entries.map { $0["manager"]?.stringValue } == ["kubectl", "kubectl", "python-requests"])
        #expect(entries.map { $0["time"]?.stringValue?.suffix(3) } == ["25Z", "25Z", "28Z"])
    }

    @Test("A generated name's prefix is managed")
    func generateName() throws {
        let new = try json(
            #"{"apiVersion":"samples.example.com/v1","kind":"Gadget","metadata":{"generateName":"gen-"},"spec":{"title":"first"}}"#)
        let object = Self.manager.update(new, live: nil, manager: "kubectl", now: start)
        #expect(
            object.managedFields.arrayValue?.first?["fieldsV1"]?.text
                == #"{"f:metadata":{"f:generateName":{}},"f:spec":{".":{},"f:title":{}}}"#)
    }
}

extension Timestamp {
    func after(_ seconds: Int64) -> Timestamp { Timestamp(secondsSinceEpoch: secondsSinceEpoch + seconds) }
}

@Suite("Managed fields")
struct FieldManagerTests {
    static let manager = FieldManager(apiVersion: "apps/v1", schema: Workload.schema, resetFields: FieldSet(["status"]))

    static func entry(
        _ manager: String, _ fields: String, time: Timestamp? = start, operation: String = "Update", apiVersion: String = "apps/v1",
        subresource: String = ""
    ) throws -> JSONValue {
        var entry: JSONValue = ["manager": .string(manager), "operation": .string(operation), "apiVersion": .string(apiVersion)]
        if let time { entry["time"] = .string(time.description) }
        entry["fieldsType"] = "FieldsV1"
        entry["fieldsV1"] = try json(fields)
        if !subresource.isEmpty { entry["subresource"] = .string(subresource) }
        return entry
    }

    static func workload(_ managed: [JSONValue]?, spec: String = #"{"replicas":1}"#, labels: String = "{}") throws -> JSONValue {
        var object: JSONValue = ["metadata": ["name": "w", "uid": "u"], "spec": try json(spec)]
        if labels != "{}" { object["metadata"]?["labels"] = try json(labels) }
        if let managed { object["metadata"]?["managedFields"] = .array(managed) }
        return object
    }

    /// Manager and fields of each entry.
    static func summary(_ object: JSONValue) -> [String] {
        (object.managedFields.arrayValue ?? []).map { ($0["manager"]?.stringValue ?? "") + " " + ($0["fieldsV1"]?.text ?? "") }
    }

    @Test("What a typed object always writes isn't managed for being there, only what is in it")
    func create() throws {
        let spec =
            #"{"replicas":1,"selector":{"matchLabels":{"a":"b"}},"strategy":{"type":"T"},"containers":[{"name":"c","resources":{},"#
            + #""ports":[{"containerPort":80,"protocol":"TCP"}]}]}"#
        var new = try Self.workload(nil, spec: spec, labels: #"{"a":"b"}"#)
        new["metadata"]?["uid"] = nil
        new["metadata"]?["finalizers"] = ["x"]
        new["status"] = [:]
        let object = Self.manager.update(new, live: nil, manager: "", now: start)
        let expected = """
            unknown {"f:metadata":{"f:finalizers":{".":{},"v:\\"x\\"":{}},"f:labels":{".":{},"f:a":{}}},"f:spec":{"f:containers":\
            {"k:{\\"name\\":\\"c\\"}":{".":{},"f:name":{},"f:ports":{".":{},"k:{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"}":{".":{},\
            "f:containerPort":{},"f:protocol":{}}},"f:resources":{}}},"f:replicas":{},"f:selector":{},"f:strategy":{"f:type":{}}}}
            """
        #expect(Self.summary(object) == [expected])
    }

    @Test("A write that changes nothing leaves the entries as they are, to the byte")
    func noChange() throws {
        let managed = [
            try Self.entry("b", #"{"f:spec":{"f:replicas":{}}}"#, time: start.after(-9), operation: "Apply"),
            try Self.entry("a", #"{"f:metadata":{"f:labels":{".":{},"f:x":{}}}}"#),
        ]
        let live = try Self.workload(managed, labels: #"{"x":"y"}"#)
        var new = live
        new["status"] = ["replicas": 7]
        for body in [new, try Self.workload(nil, labels: #"{"x":"y"}"#)] {
            let object = Self.manager.update(body, live: live, manager: "c", now: start.after(60))
            #expect(object.managedFields.text == live.managedFields.text)
        }
    }

    @Test("Who changes a field takes it from whoever had it, and an entry without fields goes")
    func takeOver() throws {
        let live = try Self.workload(
            [
                try Self.entry("applier", #"{"f:spec":{"f:replicas":{}}}"#, operation: "Apply"),
                try Self.entry("old", #"{"f:metadata":{"f:labels":{".":{},"f:x":{}}},"f:spec":{"f:replicas":{}}}"#),
            ], labels: #"{"x":"y"}"#)
        let new = try Self.workload(nil, spec: #"{"replicas":2}"#)
        let object = Self.manager.update(new, live: live, manager: "new", now: start.after(1))
        #expect(Self.summary(object) == [#"new {"f:spec":{"f:replicas":{}}}"#])
        #expect(object.managedFields.arrayValue?.first?["time"] == .string(start.after(1).description))
    }

    @Test("The same manager has an entry of its own for each way and version and subresource")
    func identities() throws {
        let live = try Self.workload(
            [
                try Self.entry("m", #"{"f:metadata":{"f:labels":{".":{},"f:x":{}}}}"#, operation: "Apply"),
                try Self.entry("m", #"{"f:spec":{"f:strategy":{"f:type":{}}}}"#, subresource: "status"),
            ], spec: #"{"replicas":1,"strategy":{"type":"T"}}"#, labels: #"{"x":"y"}"#)
        var new = live
        new["spec"]?["replicas"] = 2
        let object = Self.manager.update(new, live: live, manager: "m", now: start)
        #expect(
            Self.summary(object) == [
                #"m {"f:metadata":{"f:labels":{".":{},"f:x":{}}}}"#, #"m {"f:spec":{"f:replicas":{}}}"#,
                #"m {"f:spec":{"f:strategy":{"f:type":{}}}}"#,
            ])
    }

    @Test(
        "An empty list, or one of an empty entry, ends the tracking; what can't be read doesn't count",
        arguments: [
            ("[]", 0), ("[{}]", 0), (#"[{"manager":"x"}]"#, 2), (#"[{"manager":"x","operation":"Update","apiVersion":"apps/v1"}]"#, 2), ("null", 2),
            (#"[{"operation":"Update","apiVersion":"apps/v1","fieldsType":"FieldsV1","fieldsV1":{"x":{}}}]"#, 2),
            (#"[{"operation":"Update","apiVersion":"apps/v1","time":"x","fieldsType":"FieldsV1","fieldsV1":{}}]"#, 2),
        ])
    func reset(requested: String, entries: Int) throws {
        let live = try Self.workload([try Self.entry("a", #"{"f:spec":{"f:strategy":{}}}"#)], spec: #"{"replicas":1,"strategy":{}}"#)
        var new = live
        new["spec"]?["replicas"] = 2
        new["metadata"]?["managedFields"] = try json(requested)
        let object = Self.manager.update(new, live: live, manager: "b", now: start)
        #expect(Self.summary(object).count == entries)
        if entries == 0 { #expect(object["metadata"]?["managedFields"] == nil) }
    }

    @Test("A client may say itself who manages what, but not through a subresource")
    func ownBooks() throws {
        let live = try Self.workload([try Self.entry("a", #"{"f:spec":{"f:replicas":{}}}"#)])
        let new = try Self.workload([try Self.entry("me", #"{"f:spec":{"f:replicas":{}}}"#)])
        #expect(Self.summary(Self.manager.update(new, live: live, manager: "b", now: start)) == [#"me {"f:spec":{"f:replicas":{}}}"#])
        var status = Self.manager
        status.subresource = "status"
        #expect(Self.summary(status.update(new, live: live, manager: "b", now: start)) == [#"a {"f:spec":{"f:replicas":{}}}"#])
    }

    @Test("An object that nobody has tracked stays so")
    func untracked() throws {
        let live = try Self.workload(nil)
        let object = Self.manager.update(try Self.workload(nil, spec: #"{"replicas":2}"#), live: live, manager: "b", now: start)
        #expect(object["metadata"]?["managedFields"] == nil)
    }

    @Test("Lists that can't be told apart leave the entries of the live object")
    func keyless() throws {
        let live = try Self.workload([try Self.entry("a", #"{"f:spec":{"f:replicas":{}}}"#)])
        let new = try Self.workload(nil, spec: #"{"replicas":2,"containers":[{"args":["x"]}]}"#)
        #expect(Self.manager.update(new, live: live, manager: "b", now: start).managedFields == live.managedFields)
    }

    @Test("Entries of versions that aren't served go, and what has become atomic is managed as a whole")
    func schemaChanges() throws {
        let live = try Self.workload([
            try Self.entry("a", #"{"f:spec":{"f:replicas":{}}}"#, apiVersion: "extensions/v1beta1"),
            try Self.entry("b", #"{"f:spec":{"f:nodeSelector":{".":{},"f:x":{}},"f:containers":{"k:{\"name\":\"c\"}":{"f:args":{"i:0":{}}}}}}"#),
        ])
        let object = Self.manager.update(live, live: live, manager: "c", now: start)
        #expect(Self.summary(object) == [#"b {"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{"f:args":{}}},"f:nodeSelector":{}}}"#])
    }

    @Test("Of more than ten updates the oldest are joined as ancient changes")
    func ancientChanges() throws {
        var object = try Self.workload(nil, labels: #"{"l":"0"}"#)
        object["metadata"]?["uid"] = nil
        object = Self.manager.update(object, live: nil, manager: "m00", now: start)
        object["metadata"]?["uid"] = "u"
        for index in 1...12 {
            let name = index < 10 ? "m0\(index)" : "m\(index)"
            var new = object
            new["metadata"]?["labels"]?[name] = "x"
            object = Self.manager.update(new, live: object, manager: name, now: start.after(Int64(index)))
            #expect(object.managedFields.arrayValue?.count == min(index + 1, 10))
        }
        let entries = Self.summary(object)
        #expect(
            entries.first
                == #"ancient-changes {"f:metadata":{"f:labels":{".":{},"f:l":{},"f:m01":{},"f:m02":{},"f:m03":{}}},"f:spec":{"f:replicas":{}}}"#)
        #expect(object.managedFields.arrayValue?.first?["time"] == .string(start.after(3).description))
        #expect(entries.dropFirst().map { String($0.prefix(3)) } == ["m04", "m05", "m06", "m07", "m08", "m09", "m10", "m11", "m12"])
    }

    @Test("Entries are in upstream's order: applied first, then by time, manager, version and subresource")
    func order() throws {
        let set = #"{"f:a":{}}"#
        let sorted = [
            try Self.entry("z", set, time: start.after(5), operation: "Apply"),
            try Self.entry("x", set, time: nil),
            try Self.entry("b", set, subresource: "scale"),
            try Self.entry("b", set, subresource: "status"),
            try Self.entry("a", set, time: start.after(1)),
            try Self.entry("a", set, time: start.after(1), apiVersion: "apps/v2"),
        ]
        let managed = try ManagedFields(json: .array(sorted.reversed()))
        #expect(managed.json.arrayValue?.map(\.text) == sorted.map(\.text))
        #expect(managed.entries.count == 6)
    }
}

@Suite("Managed fields of scaled objects")
struct ScaleFieldManagerTests {
    static let manager = FieldManager(apiVersion: "apps/v1", subresource: "scale", schema: Workload.schema)

    @Test("The number of copies goes from its managers to the one who scales, without a time")
    func scale() throws {
        let live = try FieldManagerTests.workload([
            try FieldManagerTests.entry("applier", #"{"f:spec":{"f:replicas":{}}}"#, operation: "Apply"),
            try FieldManagerTests.entry("a", #"{"f:spec":{"f:replicas":{},"f:strategy":{"f:type":{}}}}"#),
        ])
        var new = live
        new["spec"]?["replicas"] = 5
        var object = Self.manager.scale(new, live: live, manager: "kubectl")
        let expected = [
            try FieldManagerTests.entry("kubectl", #"{"f:spec":{"f:replicas":{}}}"#, time: nil, subresource: "scale"),
            try FieldManagerTests.entry("a", #"{"f:spec":{"f:strategy":{"f:type":{}}}}"#),
        ]
        #expect(object.managedFields.arrayValue?.map(\.text) == expected.map(\.text))

        let scaled = object
        object["spec"]?["replicas"] = 6
        #expect(Self.manager.scale(object, live: scaled, manager: "kubectl").managedFields.arrayValue?.map(\.text) == expected.map(\.text))
        #expect(Self.manager.scale(scaled, live: scaled, manager: "other").managedFields == scaled.managedFields)
    }

    @Test("A number of copies that nobody manages stays unmanaged")
    func unmanaged() throws {
        let live = try FieldManagerTests.workload([try FieldManagerTests.entry("a", #"{"f:spec":{"f:strategy":{}}}"#)])
        var new = live
        new["spec"]?["replicas"] = 5
        new["metadata"]?["managedFields"] = nil
        #expect(Self.manager.scale(new, live: live, manager: "kubectl").managedFields == live.managedFields)
        #expect(Self.manager.scale(new, live: try FieldManagerTests.workload(nil), manager: "kubectl").managedFields == .null)
    }
}
