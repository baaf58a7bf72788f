//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@Suite("Names")
struct NameValidationTests {
    static let long63 = String(repeating: "a", count: 63)

    @Test("Names that resources may have", arguments: ["a", "0", "a-b", "a.b", "a--b.c0", "web-1.example.com", String(repeating: "a", count: 253)])
    func subdomains(name: String) {
        #expect(NameValidation.dnsSubdomain(name) == [])
    }

    @Test(
        "Names that resources mayn't have",
        arguments: ["", "A", "-a", "a-", ".a", "a.", "a..b", "a.-b", "a_b", "a/b", "é", "a b", String(repeating: "a", count: 254)])
    func notSubdomains(name: String) {
        #expect(!NameValidation.dnsSubdomain(name).isEmpty)
    }

    @Test(
        "The words are upstream's",
        arguments: [
            (
                NameValidation.dnsSubdomain("A"),
                #"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "#
                    + #"and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "#
                    + #"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#
            ),
            (NameValidation.dnsSubdomain(String(repeating: "a", count: 254)), "must be no more than 253 characters"),
            (
                NameValidation.dnsLabel("A"),
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
                    + "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
                    + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
            ),
            (NameValidation.dnsLabel("a.b"), "must not contain dots"), (NameValidation.dnsLabel(long63 + "a"), "must be no more than 63 characters"),
            (NameValidation.qualifiedName(long63 + "a"), "name part must be no more than 63 bytes"),
            (NameValidation.labelValue(long63 + "a"), "must be no more than 63 bytes"),
            (NameValidation.qualifiedName("/a"), "prefix part must be non-empty"), (NameValidation.pathSegment("."), "may not be '.'"),
            (NameValidation.pathSegment(".."), "may not be '..'"), (NameValidation.pathSegment("a/b"), "may not contain '/'"),
            (NameValidation.pathSegment("a%b"), "may not contain '%'"),
        ])
    func words(problems: [String], expected: String) {
        #expect(problems == [expected])
    }

    @Test("Labels have keys", arguments: ["a", "A_b.c-d", "example.com/a", "a.b/0", long63, String(repeating: "a", count: 253) + "/" + long63])
    func qualified(name: String) {
        #expect(NameValidation.qualifiedName(name) == [])
    }

    @Test(
        "Labels don't have such keys",
        arguments: [
            "", "/", "a/", "/a", "a/b/c", "-a", "a-", "a b", "Example.com/a", "a_b/c", "é", long63 + "a", String(repeating: "a", count: 254) + "/b",
        ])
    func notQualified(name: String) {
        #expect(!NameValidation.qualifiedName(name).isEmpty)
    }

    @Test("Labels have values", arguments: ["", "a", "A_b.c-d", "0", long63])
    func values(value: String) {
        #expect(NameValidation.labelValue(value) == [])
    }

    @Test("Labels don't have such values", arguments: ["-", "a-", "_a", "a/b", "a b", "é", long63 + "a"])
    func notValues(value: String) {
        #expect(!NameValidation.labelValue(value).isEmpty)
    }

    @Test("The beginning of a generated name may end with a dash")
    func prefixes() {
        #expect(NameValidation.subdomainName("web-", true) == [])
        #expect(!NameValidation.subdomainName("web-", false).isEmpty)
        #expect(!NameValidation.subdomainName("-", true).isEmpty)
        #expect(NameValidation.labelName("web-", true) == [])
        #expect(NameValidation.label1035Name("a1", false) == [])
        #expect(!NameValidation.label1035Name("1a", false).isEmpty)
        #expect(NameValidation.pathSegmentName(".", true) == [])
    }
}

@Suite("Validation of metadata")
struct ObjectMetaValidationTests {
    /// A change of valid metadata, and how the errors it causes begin.
    struct Change: Sendable {
        let apply: @Sendable (inout ObjectMeta) -> Void
        let messages: [String]

        init(_ apply: @escaping @Sendable (inout ObjectMeta) -> Void, _ messages: [String]) {
            self.apply = apply
            self.messages = messages
        }
    }

    static var valid: ObjectMeta {
        var meta = ObjectMeta()
        (meta.name, meta.namespace, meta.uid, meta.resourceVersion, meta.generation) = ("web", "demo", "u-1", "7", 2)
        meta.creationTimestamp = Timestamp(secondsSinceEpoch: 1000)
        meta.labels = ["app": "web", "example.com/tier": ""]
        meta.annotations = ["Example.com/Note": "anything at all"]
        meta.finalizers = ["example.com/f", "orphan"]
        meta.ownerReferences = [OwnerReference(apiVersion: "apps/v1", kind: "ReplicaSet", name: "r", uid: "u-0", controller: true)]
        meta.managedFields = [["manager": "kubectl", "operation": "Update", "fieldsType": "FieldsV1"]]
        return meta
    }

    static let owner = OwnerReference(apiVersion: "v1", kind: "Pod", name: "p", uid: "u")

    @Test("Good metadata passes, new and unchanged")
    func passes() {
        let meta = ObjectMetaValidationTests.valid
        #expect(ObjectMetaValidation.validate(meta, namespaced: true) == [])
        #expect(ObjectMetaValidation.validateUpdate(new: meta, old: meta) == [])
    }

    @Test(
        "Each rule for new objects names the field that breaks it",
        arguments: [
            Change({ $0.name = "" }, ["metadata.name: Required value: name or generateName is required"]),
            Change({ $0.name = "A" }, ["metadata.name: Invalid value: \"A\": a lowercase RFC 1123 subdomain"]),
            Change({ $0.generateName = "Ab-" }, ["metadata.generateName: Invalid value: \"Ab-\": a lowercase RFC 1123 subdomain"]),
            Change({ $0.namespace = "" }, ["metadata.namespace: Required value"]),
            Change({ $0.namespace = "a.b" }, ["metadata.namespace: Invalid value: \"a.b\": must not contain dots"]),
            Change({ $0.generation = -1 }, ["metadata.generation: Invalid value: -1: must be greater than or equal to 0"]),
            Change(
                { $0.labels = ["a/b/c": "-"] },
                ["metadata.labels: Invalid value: \"a/b/c\": a valid label key", "metadata.labels: Invalid value: \"-\": a valid label must be"]),
            Change({ $0.annotations = ["a b": ""] }, ["metadata.annotations: Invalid value: \"a b\": name part must"]),
            Change(
                { $0.annotations = ["a": String(repeating: "x", count: 262_144)] },
                ["metadata.annotations: Too long: may not be more than 262144 bytes"]),
            Change({ $0.finalizers = ["a b"] }, ["metadata.finalizers: Invalid value: \"a b\": name part must"]),
            Change(
                { $0.finalizers = ["orphan", "foregroundDeletion"] },
                [#"metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set"#]
            ),
            Change(
                { $0.ownerReferences = [OwnerReference(apiVersion: "", kind: "", name: "", uid: "")] },
                [
                    "metadata.ownerReferences[0].apiVersion: Required value: must not be empty",
                    "metadata.ownerReferences[0].kind: Required value: must not be empty",
                    "metadata.ownerReferences[0].name: Required value: must not be empty",
                    "metadata.ownerReferences[0].uid: Required value: must not be empty",
                ]
            ),
            Change(
                { $0.ownerReferences = [OwnerReference(apiVersion: "a/b/c", kind: "K", name: "n", uid: "u")] },
                ["metadata.ownerReferences[0].apiVersion: Invalid value: \"a/b/c\": must be <group>/<version> or <version>"]
            ),
            Change(
                { $0.ownerReferences = [OwnerReference(apiVersion: "v1", kind: "Event", name: "n", uid: "u")] },
                ["metadata.ownerReferences[0]: Invalid value: {"]),
            Change(
                {
                    $0.ownerReferences = [owner, owner]
                    $0.ownerReferences[0].controller = true
                    $0.ownerReferences[1].controller = true
                },
                ["metadata.ownerReferences: Invalid value: [{"]
            ), Change({ $0.managedFields = [[:]] }, ["metadata.managedFields[0].operation: Required value: must not be empty"]),
            Change(
                { $0.managedFields = [["operation": "Patch", "fieldsType": "V2", "manager": "a\n"]] },
                [
                    #"metadata.managedFields[0].operation: Unsupported value: "Patch": supported values: "Apply", "Update""#,
                    "metadata.managedFields[0].fieldsType: Invalid value: \"V2\": must be `FieldsV1`",
                    #"metadata.managedFields[0].manager: Invalid value: "a\n": invalid character U+000A (at position 1)"#,
                ]
            ),
        ] as [Change])
    func create(change: Change) {
        var meta = ObjectMetaValidationTests.valid
        change.apply(&meta)
        let errors = ObjectMetaValidation.validate(meta, namespaced: true).map(\.description)
        #expect(errors.count == change.messages.count, "\(errors)")
        for (error, message) in zip(errors, change.messages) { #expect(error.hasPrefix(message)) }
    }

    @Test("Cluster-scoped objects have no namespace")
    func clusterScoped() {
        let errors = ObjectMetaValidation.validate(ObjectMetaValidationTests.valid, namespaced: false)
        #expect(errors.map(\.description) == ["metadata.namespace: Forbidden: not allowed on this type"])
    }

    @Test(
        "Each rule for changes names the field that breaks it",
        arguments: [
            Change({ $0.name = "x" }, [#"metadata.name: Invalid value: "x": field is immutable"#]),
            Change({ $0.namespace = "x" }, [#"metadata.namespace: Invalid value: "x": field is immutable"#]),
            Change({ $0.uid = "x" }, [#"metadata.uid: Invalid value: "x": field is immutable"#]),
            Change({ $0.creationTimestamp = nil }, ["metadata.creationTimestamp: Invalid value: null: field is immutable"]),
            Change(
                { $0.deletionTimestamp = Timestamp(secondsSinceEpoch: 0) },
                [#"metadata.deletionTimestamp: Invalid value: "1970-01-01T00:00:00Z": field is immutable"#]),
            Change({ $0.deletionGracePeriodSeconds = 5 }, ["metadata.deletionGracePeriodSeconds: Invalid value: 5: field is immutable"]),
            Change({ $0.resourceVersion = "" }, [#"metadata.resourceVersion: Invalid value: "": must be specified for an update"#]),
            Change({ $0.generation = 1 }, ["metadata.generation: Invalid value: 1: must not be decremented"]),
            Change({ $0.labels["a b"] = "" }, [#"metadata.labels: Invalid value: "a b": name part must"#]),
        ] as [Change])
    func update(change: Change) {
        var meta = ObjectMetaValidationTests.valid
        change.apply(&meta)
        let errors = ObjectMetaValidation.validateUpdate(new: meta, old: ObjectMetaValidationTests.valid)
        #expect(errors.count == 1)
        #expect(errors.first?.description.hasPrefix(change.messages[0]) == true, "\(errors)")
    }

    @Test("Finalizers can be taken from an object that is being deleted, not given to it")
    func finalizers() {
        var old = ObjectMetaValidationTests.valid
        old.deletionTimestamp = Timestamp(secondsSinceEpoch: 2000)
        var new = old
        new.finalizers = []
        #expect(ObjectMetaValidation.validateUpdate(new: new, old: old) == [])
        new.finalizers = ["example.com/f", "x/b", "x/a"]
        #expect(
            ObjectMetaValidation.validateUpdate(new: new, old: old).map(\.description) == [
                "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, "
                    + "found new finalizers []string{\"x/a\", \"x/b\"}"
            ])
    }
}
