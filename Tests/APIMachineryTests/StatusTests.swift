//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@Suite("Statuses")
struct StatusTests {
    static let gadgets = GroupResource(group: "samples.example.com", resource: "gadgets")
    static let gadget = GroupVersionKind(group: "samples.example.com", version: "v1", kind: "Gadget")

    @Test(
        "Statuses look as an upstream server sends them",
        arguments: [
            (
                Status.alreadyExists(gadgets, name: "one"),
                #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"gadgets.samples.example.com \"one\" already exists",
                "reason":"AlreadyExists","details":{"name":"one","group":"samples.example.com","kind":"gadgets"},"code":409}
                """#
            ),
            (
                .notFound(gadgets, name: "zzz"),
                #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"gadgets.samples.example.com \"zzz\" not found",
                "reason":"NotFound","details":{"name":"zzz","group":"samples.example.com","kind":"gadgets"},"code":404}
                """#
            ),
            (
                .invalid(
                    kind: gadget, name: "two",
                    errors: [
                        .invalid("spec.replicas", -1, "spec.replicas in body should be greater than or equal to 0"),
                        .tooLong("spec.title", maximumBytes: 20),
                        .invalid(".spec.replicas", -1, "should be a non-negative integer"),
                    ]),
                #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Gadget.samples.example.com \"two\" is invalid: 
                [spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0, spec.title: Too long: may not be 
                more than 20 
                bytes, .spec.replicas: Invalid value: -1: should be a non-negative integer]","reason":"Invalid","details":{"name":"two",
                "group":"samples.example.com","kind":"Gadget","causes":[{"reason":"FieldValueInvalid","message":"Invalid value: -1: spec.replicas 
                in body 
                should be greater than or equal to 0","field":"spec.replicas"},{"reason":"FieldValueTooLong","message":"Too long: may not be more 
                than 20 
                bytes","field":"spec.title"},{"reason":"FieldValueInvalid","message":"Invalid value: -1: should be a non-negative integer",
                "field":".spec.replicas"}]},"code":422}
                """#
            ),
            (
                .conflict(
                    gadgets, name: "one",
                    message: "the object has been modified; please apply your changes to the latest version and try again"),
                #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Operation cannot be fulfilled on 
                gadgets.samples.example.com 
                \"one\": the object has been modified; please apply your changes to the latest version and try again","reason":"Conflict",
                "details":{"name":"one","group":"samples.example.com","kind":"gadgets"},"code":409}
                """#
            ),
            (
                .tooLargeResourceVersion(requested: ResourceVersion(999_999_999), current: ResourceVersion(9), retryAfterSeconds: 1),
                #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Timeout: Too large resource version: 999999999, 
                current: 9",
                "reason":"Timeout","details":{"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}],
                "retryAfterSeconds":1},"code":504}
                """#
            ),
            (
                .badRequest("field label not supported: spec.title"),
                #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"field label not supported: spec.title",
                "reason":"BadRequest","code":400}
                """#
            ),
            (
                .unsupportedMediaType(supported: ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]),
                #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the body of the request was in an unknown format - 
                accepted 
                media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf","reason":"UnsupportedMediaType",
                "code":415}
                """#
            ),
            (
                .success(details: .init(name: "one", group: "samples.example.com", kind: "gadgets", uid: "837db0a7")),
                #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":{"name":"one","group":"samples.example.com",
                "kind":"gadgets",
                "uid":"837db0a7"}}
                """#
            ),
            (
                .expired("too old resource version: 1 (4)"),
                #"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 1 (4)","reason":"Expired",
                "code":410}
                """#
            ),
        ])
    func recorded(status: Status, text: String) {
        let oneLine = text.split(separator: "\n").joined()
        #expect(String(decoding: status.serialized(), as: UTF8.self) == oneLine)
    }

    @Test(
        "Each kind of failure has its code, reason and words",
        arguments: [
            (Status.unauthorized(), 401, "Unauthorized", "Unauthorized"),
            (.forbidden(gadgets, name: "a", message: "no"), 403, "Forbidden", "gadgets.samples.example.com \"a\" is forbidden: no"),
            (.forbidden(gadgets, name: "", message: "no"), 403, "Forbidden", "gadgets.samples.example.com is forbidden: no"),
            (.forbidden(GroupResource(group: "", resource: ""), name: "", message: "no"), 403, "Forbidden", "forbidden: no"),
            (
                .methodNotAllowed(GroupResource(group: "", resource: "configmaps"), verb: "patch"), 405, "MethodNotAllowed",
                "patch is not supported on resources of kind \"configmaps\""
            ),
            (.notAcceptable(supported: ["a/b", "c/d"]), 406, "NotAcceptable", "only the following media types are accepted: a/b, c/d"),
            (.requestEntityTooLarge("limit is 3145728"), 413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728"),
            (.internalError("x"), 500, "InternalError", "Internal error occurred: x"), (.unknownError("x"), 500, "", "x"),
            (
                .serverTimeout(gadgets, operation: "list", retryAfterSeconds: 2), 500, "ServerTimeout",
                "The list operation against gadgets.samples.example.com could not be completed at this time, please try again."
            ),
            (.timeout("x", retryAfterSeconds: 1), 504, "Timeout", "Timeout: x"),
            (.tooManyRequests("slow", retryAfterSeconds: 1), 429, "TooManyRequests", "slow"),
            (.serviceUnavailable("no"), 503, "ServiceUnavailable", "no"),
            (
                .generateNameConflict(gadgets, name: "a-x"), 409, "AlreadyExists",
                "gadgets.samples.example.com \"a-x\" already exists, the server was not able to generate a unique name for the object"
            ),
        ])
    func kinds(status: Status, code: Int, reason: String, message: String) {
        #expect(status.code == code)
        #expect(status.reason.rawValue == reason)
        #expect(status.message == message)
        #expect(status.isFailure)
    }

    @Test("Seconds to wait travel in the details, a continue token in the metadata")
    func extras() {
        #expect(Status.serverTimeout(StatusTests.gadgets, operation: "list", retryAfterSeconds: 2).details?.retryAfterSeconds == 2)
        var status = Status.expired("gone")
        status.continueToken = "abc"
        #expect(status.json()["metadata"] == ["continue": "abc"])
    }

    @Test("Errors of one text are named once in the message, and each among the causes")
    func repeated() {
        let error = FieldError.required("spec.x")
        let status = Status.invalid(kind: StatusTests.gadget, name: "a", errors: [error, error])
        #expect(status.message == "Gadget.samples.example.com \"a\" is invalid: spec.x: Required value")
        #expect(status.details?.causes.count == 2)
        #expect(Status.invalid(kind: StatusTests.gadget, name: "a", errors: []).message == "Gadget.samples.example.com \"a\" is invalid")
    }

    @Test(
        "Field errors read as upstream's",
        arguments: [
            (FieldError.required("a"), "FieldValueRequired", "a: Required value"),
            (.required("a", "say why"), "FieldValueRequired", "a: Required value: say why"),
            (
                .invalid("spec.replicas", -1, "must be greater than or equal to 0"), "FieldValueInvalid",
                "spec.replicas: Invalid value: -1: must be greater than or equal to 0"
            ),
            (.invalid("a", "x\"y\n", "bad"), "FieldValueInvalid", #"a: Invalid value: "x\"y\n": bad"#),
            (.invalid("a", true, "bad"), "FieldValueInvalid", "a: Invalid value: true: bad"),
            (.invalid("a", ["x": [1]], "bad"), "FieldValueInvalid", #"a: Invalid value: {"x":[1]}: bad"#),
            (.invalid("a", .null, "bad"), "FieldValueInvalid", "a: Invalid value: null: bad"),
            (.typeInvalid("a", 1, "bad"), "FieldValueTypeInvalid", "a: Invalid value: 1: bad"),
            (.duplicate("a[1]", "x"), "FieldValueDuplicate", "a[1]: Duplicate value: \"x\""),
            (.notFound("a", "x"), "FieldValueNotFound", "a: Not found: \"x\""),
            (.notSupported("a", "x", supported: ["b", "c"]), "FieldValueNotSupported", #"a: Unsupported value: "x": supported values: "b", "c""#),
            (.forbidden("a", "not now"), "FieldValueForbidden", "a: Forbidden: not now"),
            (.tooLong("a", maximumBytes: 1), "FieldValueTooLong", "a: Too long: may not be more than 1 byte"),
            (.tooMany("a", count: 3, maximum: 2), "FieldValueTooMany", "a: Too many: 3: must have at most 2 items"),
            (.internalError("a", "oops"), "InternalError", "a: Internal error: oops"),
        ])
    func fieldErrors(error: FieldError, kind: String, text: String) {
        #expect(error.description == text)
        #expect(error.cause == Status.Cause(type: kind, message: String(text.dropFirst(error.field.count + 2)), field: error.field))
    }

    @Test(
        "Names are quoted as Go quotes them",
        arguments: [
            ("a", #""a""#), ("a\"\\\u{0}\u{7F}", #""a\"\\\x00\x7f""#), ("é😀\u{A0}\u{E000}", #""é😀\u00a0\ue000""#), ("\u{F0000}", #""\U000f0000""#),
        ])
    func quoting(text: String, quoted: String) {
        #expect(FieldError.duplicate("a", .string(text)).message == "Duplicate value: \(quoted)")
    }
}
