//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry
import Storage
import Testing

@testable import APIServer

@Suite("Options in a query")
struct QueryTests {
    static let description = Gadgets().resource

    func list(_ query: String, isWatch: Bool = false) throws(Status) -> ListQuery {
        try ListQuery(QueryParameters(parsing: query), isWatch: isWatch, description: Self.description)
    }

    @Test("Escapes and plus signs are undone, broken escapes are left out")
    func decoding() {
        let query = QueryParameters(parsing: "a=b%20c&d=e+f&broken=%zz&flag&g=%C3%A4&labelSelector=x%3Dy%2Cz")
        #expect(query["a"] == "b c")
        #expect(query["d"] == "e f")
        #expect(query["broken"] == nil)
        #expect(query["flag"] == "")
        #expect(query["g"] == "ä")
        #expect(query["labelSelector"] == "x=y,z")
    }

    @Test(
        "A flag without a value is true; 0 and false are false",
        arguments: [("x", true), ("x=", true), ("x=0", false), ("x=False", false), ("x=1", true), ("x=yes", true)])
    func flags(_ text: String, _ expected: Bool) {
        #expect(QueryParameters(parsing: text).flag("x") == expected)
    }

    @Test("List options are read as given")
    func listOptions() throws {
        let query = try list(
            "labelSelector=a%3Db&fieldSelector=metadata.name%3Dx&limit=5&continue=tok&resourceVersion=7&timeoutSeconds=9")
        #expect(query.options.labelSelector.matches(["a": "b"]))
        #expect(query.options.fieldSelector.requiredValue(of: "metadata.name") == "x")
        #expect(query.options.limit == 5)
        #expect(query.options.continueToken == "tok")
        #expect(query.options.resourceVersion == ResourceVersion(7))
        #expect(query.timeoutSeconds == 9)
    }

    @Test(
        "A watch without a version is defaulted to the present state followed by changes", arguments: ["", "resourceVersion=0", "resourceVersion="])
    func watchDefaulting(_ query: String) throws {
        let watch = try list(query, isWatch: true)
        #expect(watch.options.sendInitialEvents == true)
        #expect(watch.options.resourceVersionMatch == .notOlderThan)
    }

    @Test("A watch from a version isn't given initial events")
    func watchFromVersion() throws {
        let watch = try list("resourceVersion=9", isWatch: true)
        #expect(watch.options.sendInitialEvents == nil)
        #expect(watch.options.resourceVersionMatch == nil)
    }

    @Test(
        "List options that contradict each other give 422 naming the field",
        arguments: [
            ("resourceVersionMatch=Exact", "resourceVersionMatch"),
            ("resourceVersionMatch=Exact&resourceVersion=0", "resourceVersionMatch"),
            ("resourceVersionMatch=NotOlderThan&resourceVersion=5&continue=x", "resourceVersionMatch"),
            ("resourceVersionMatch=Newest&resourceVersion=5", "resourceVersionMatch"),
            ("sendInitialEvents=true", "sendInitialEvents"),
            ("sendInitialEvents=false", "sendInitialEvents"),
            ("limit=-1", "limit"),
        ])
    func invalidList(_ query: String, _ field: String) throws {
        let status = try #require(throws: Status.self) { try list(query) }
        #expect(status.code == 422)
        #expect(status.details?.kind == "ListOptions")
        #expect(status.details?.group == "meta.k8s.io")
        #expect(status.details?.causes.map(\.field).contains(field) == true)
    }

    @Test(
        "Watch options that contradict each other give 422, so that clients fall back to lists",
        arguments: [
            "sendInitialEvents=true&resourceVersion=5",
            "sendInitialEvents=true&resourceVersionMatch=Exact",
            "sendInitialEvents=false",
            "resourceVersionMatch=NotOlderThan&resourceVersion=5",
            "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&continue=x",
        ])
    func invalidWatch(_ query: String) throws {
        #expect(try #require(throws: Status.self) { try list(query, isWatch: true) }.code == 422)
    }

    @Test(
        "Values that can't be read give 400",
        arguments: ["limit=many", "labelSelector=a%3D%3D%3Db", "timeoutSeconds=1.5", "resourceVersion=x", "fieldSelector=nothing"])
    func unreadable(_ query: String) throws {
        #expect(try #require(throws: Status.self) { try list(query) }.code == 400)
    }

    @Test("A field that can't be selected by gives 400 in upstream's words")
    func fieldLabel() throws {
        let status = try #require(throws: Status.self) { try list("fieldSelector=spec.replicas%3D1") }
        #expect(status.code == 400)
        #expect(status.message == "field label not supported: spec.replicas")
        #expect(try list("fieldSelector=spec.title%3Dx,metadata.namespace%3Dd").options.fieldSelector.fields.count == 2)
    }

    @Test("Write options are read, and the field manager comes from the agent when it isn't given")
    func writeOptions() throws {
        let plain = try WriteQuery(QueryParameters(), kind: "CreateOptions", userAgent: "kubectl/v1.32.0 (linux/amd64)")
        #expect(plain.fieldManager == "kubectl")
        #expect(plain.fieldValidation == .warn)
        #expect(!plain.dryRun)
        let given = try WriteQuery(
            QueryParameters(parsing: "dryRun=All&fieldManager=me&fieldValidation=Strict"), kind: "CreateOptions", userAgent: nil)
        #expect(given.fieldManager == "me")
        #expect(given.fieldValidation == .strict)
        #expect(given.dryRun)
    }

    @Test(
        "Write options that aren't allowed give 422",
        arguments: ["dryRun=Some", "fieldValidation=Maybe", "fieldManager=\(String(repeating: "x", count: 129))", "fieldManager=a%0Ab", "force=true"])
    func invalidWrite(_ query: String) throws {
        let status = try #require(throws: Status.self) {
            try WriteQuery(QueryParameters(parsing: query), kind: "PatchOptions", userAgent: nil)
        }
        #expect(status.code == 422)
        #expect(status.details?.kind == "PatchOptions")
    }

    @Test("Delete options come from a body")
    func deleteBody() throws {
        let body = try JSONValue(
            parsing: Array(
                (#"{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":5,"propagationPolicy":"Foreground","#
                    + #""preconditions":{"uid":"u","resourceVersion":"3"},"dryRun":["All"]}"#)
                    .utf8))
        let options = try DeleteQuery.options(body)
        #expect(options.gracePeriodSeconds == 5)
        #expect(options.propagationPolicy == .foreground)
        #expect(options.preconditions == Preconditions(uid: "u", resourceVersion: "3"))
        #expect(options.dryRun)
    }

    @Test("Delete options come from a query")
    func deleteQuery() throws {
        let options = try DeleteQuery.options(QueryParameters(parsing: "gracePeriodSeconds=0&orphanDependents=false"))
        #expect(options.gracePeriodSeconds == 0)
        #expect(options.orphanDependents == false)
    }

    @Test(
        "Delete options that can't be are refused",
        arguments: [
            (#"{"propagationPolicy":"Sideways"}"#, 422), (#"{"orphanDependents":true,"propagationPolicy":"Orphan"}"#, 422),
            (#"{"dryRun":["Some"]}"#, 422), (#"{"ignoreStoreReadErrorWithClusterBreakingPotential":"yes"}"#, 400),
            (#"{"gracePeriodSeconds":"soon"}"#, 400), (#"{"kind":"Pod"}"#, 400), ("[]", 400),
        ])
    func invalidDelete(_ text: String, _ code: Int) throws {
        let body = try JSONValue(parsing: Array(text.utf8))
        #expect(try #require(throws: Status.self) { try DeleteQuery.options(body) }.code == code)
    }

    @Test(
        "What an object says of itself can't be asked for when nobody reads it",
        arguments: [
            (#""preconditions":{}"#, "preconditions"), (#""gracePeriodSeconds":0"#, "gracePeriodSeconds"),
            (#""orphanDependents":false"#, "orphanDependents"), (#""propagationPolicy":"Orphan""#, "propagationPolicy"),
        ])
    func unreadableWith(_ member: String, _ name: String) throws {
        let body = { (ignores: Bool) in
            try JSONValue(parsing: Array("{\"ignoreStoreReadErrorWithClusterBreakingPotential\":\(ignores),\(member)}".utf8))
        }
        let status = try #require(throws: Status.self) { try DeleteQuery.options(body(true)) }
        #expect(status.code == 422)
        #expect(status.details?.causes.map(\.message) == ["Invalid value: true: cannot be set together with .\(name)"])
        #expect(status.details?.causes.map(\.field) == ["ignoreStoreReadErrorWithClusterBreakingPotential"])
        #expect(try !DeleteQuery.options(body(false)).ignoresStoreReadError)
    }

    @Test("A dry run and a body's silence go with an object that nobody reads")
    func unreadable() throws {
        let query = QueryParameters(parsing: "ignoreStoreReadErrorWithClusterBreakingPotential=true&dryRun=All")
        #expect(try DeleteQuery.options(query).ignoresStoreReadError)
        #expect(try !DeleteQuery.options([:]).ignoresStoreReadError)
        // Switched off it is as if it weren't there.
        #expect(try !DeleteQuery.options(query, allowsUnreadable: false).ignoresStoreReadError)
        let body: JSONValue = ["ignoreStoreReadErrorWithClusterBreakingPotential": true, "gracePeriodSeconds": 0]
        #expect(try !DeleteQuery.options(body, allowsUnreadable: false).ignoresStoreReadError)
    }

    @Test(
        "A timeout is read as Go writes durations, and capped",
        arguments: [("30s", 30.0), ("1m30s", 60), ("500ms", 0.5), ("10", 10), ("0", 60), ("1h", 60)])
    func timeouts(_ text: String, _ seconds: Double) throws {
        #expect(try APIHandler.timeout(asked: text, maximum: .seconds(60)).get() == .seconds(seconds))
    }

    @Test("A timeout that is no duration gives 400", arguments: ["-1s", "soon", "5x", "s", "1" + "..5s"])
    func invalidTimeout(_ text: String) throws {
        #expect(try #require(throws: Status.self) { try APIHandler.timeout(asked: text, maximum: .seconds(60)).get() }.code == 400)
    }
}
