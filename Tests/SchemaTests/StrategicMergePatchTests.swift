//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import KubernetesResources
import Testing

@Suite("Strategic merge patches")
struct StrategicMergePatchTests {
    private func apply(_ patch: String, to document: String) throws -> JSONValue {
        try StrategicMergePatch.apply(json(patch), to: json(document), schema: KubernetesSchemas.deployment)
    }

    @Test(
        "Members of objects are merged",
        arguments: [
            PatchCase(
                "sets and adds", #"{"spec":{"replicas":1}}"#, #"{"spec":{"replicas":2,"paused":true}}"#, #"{"spec":{"replicas":2,"paused":true}}"#),
            PatchCase("null removes", #"{"spec":{"replicas":1,"paused":true}}"#, #"{"spec":{"paused":null}}"#, #"{"spec":{"replicas":1}}"#),
            PatchCase(
                "null of nothing is nothing", "{}", #"{"metadata":{"labels":{"a":null,"b":"1"}},"spec":null}"#, #"{"metadata":{"labels":{"b":"1"}}}"#),
            PatchCase(
                "labels", #"{"metadata":{"labels":{"a":"1","b":"2"}}}"#, #"{"metadata":{"labels":{"b":null,"c":"3"}}}"#,
                #"{"metadata":{"labels":{"a":"1","c":"3"}}}"#),
            PatchCase(
                "$patch: replace", #"{"metadata":{"labels":{"a":"1","b":"2"}}}"#, #"{"metadata":{"labels":{"$patch":"replace","c":"3"}}}"#,
                #"{"metadata":{"labels":{"c":"3"}}}"#),
            PatchCase(
                "$patch: delete", #"{"metadata":{"labels":{"a":"1"},"name":"n"}}"#, #"{"metadata":{"labels":{"$patch":"delete"}}}"#,
                #"{"metadata":{"labels":{},"name":"n"}}"#),
            PatchCase("$patch: delete of nothing", #"{"metadata":{}}"#, #"{"metadata":{"labels":{"$patch":"delete"}}}"#, #"{"metadata":{}}"#),
            PatchCase(
                "$retainKeys drops the rest of a strategy", #"{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}}"#,
                #"{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}"#, #"{"spec":{"strategy":{"type":"Recreate"}}}"#),
            PatchCase(
                "$retainKeys keeps what it names", #"{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}}"#,
                #"{"spec":{"strategy":{"$retainKeys":["rollingUpdate","type"],"rollingUpdate":{"maxUnavailable":2}}}}"#,
                #"{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1,"maxUnavailable":2}}}}"#),
            PatchCase(
                "$retainKeys where nothing was", "{}", #"{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}"#,
                #"{"spec":{"strategy":{"type":"Recreate"}}}"#),
            PatchCase("a value of another type is replaced", #"{"spec":{"replicas":1}}"#, #"{"spec":"odd"}"#, #"{"spec":"odd"}"#),
        ])
    func objects(_ example: PatchCase) throws {
        #expect(try apply(example.patch, to: example.document).text == example.result)
    }

    @Test(
        "Lists of plain values are merged or replaced as their field says",
        arguments: [
            PatchCase(
                "finalizers are added, new ones first", #"{"metadata":{"finalizers":["a","b"]}}"#, #"{"metadata":{"finalizers":["c","b"]}}"#,
                #"{"metadata":{"finalizers":["c","a","b"]}}"#),
            PatchCase(
                "$deleteFromPrimitiveList", #"{"metadata":{"finalizers":["a","b","c"]}}"#,
                #"{"metadata":{"$deleteFromPrimitiveList/finalizers":["a","c","x"]}}"#, #"{"metadata":{"finalizers":["b"]}}"#),
            PatchCase(
                "$deleteFromPrimitiveList and additions in order", #"{"metadata":{"finalizers":["a","b"]}}"#,
                #"{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],"$setElementOrder/finalizers":["b","c"],"finalizers":["c"]}}"#,
                #"{"metadata":{"finalizers":["b","c"]}}"#),
            PatchCase(
                "$deleteFromPrimitiveList of nothing", #"{"metadata":{}}"#, #"{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"]}}"#,
                #"{"metadata":{}}"#),
            PatchCase(
                "$setElementOrder orders what is there", #"{"metadata":{"finalizers":["a","b","c"]}}"#,
                #"{"metadata":{"$setElementOrder/finalizers":["c","a"]}}"#, #"{"metadata":{"finalizers":["b","c","a"]}}"#),
            PatchCase(
                "commands are replaced", #"{"spec":{"template":{"spec":{"containers":[{"name":"a","command":["x","y"]}]}}}}"#,
                #"{"spec":{"template":{"spec":{"containers":[{"name":"a","command":["z"]}]}}}}"#,
                #"{"spec":{"template":{"spec":{"containers":[{"name":"a","command":["z"]}]}}}}"#),
            PatchCase(
                "tolerations are replaced", #"{"spec":{"template":{"spec":{"tolerations":[{"key":"a"}]}}}}"#,
                #"{"spec":{"template":{"spec":{"tolerations":[{"key":"b"}]}}}}"#, #"{"spec":{"template":{"spec":{"tolerations":[{"key":"b"}]}}}}"#),
        ])
    func plainLists(_ example: PatchCase) throws {
        #expect(try apply(example.patch, to: example.document).text == example.result)
    }

    /// Cases about the list `containers`; documents and patches are those of the pod template's spec.
    @Test(
        "Containers are merged by name",
        arguments: [
            PatchCase(
                "an image is changed in place", #"{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}"#,
                #"{"containers":[{"name":"b","image":"3"}]}"#, #"{"containers":[{"name":"a","image":"1"},{"name":"b","image":"3"}]}"#),
            PatchCase(
                "an unknown name is added in front", #"{"containers":[{"name":"a"},{"name":"b"}]}"#, #"{"containers":[{"name":"c"}]}"#,
                #"{"containers":[{"name":"c"},{"name":"a"},{"name":"b"}]}"#),
            PatchCase(
                "$setElementOrder puts it where it belongs", #"{"containers":[{"name":"a"},{"name":"b"}]}"#,
                #"{"$setElementOrder/containers":[{"name":"a"},{"name":"c"},{"name":"b"}],"containers":[{"name":"c","image":"3"}]}"#,
                #"{"containers":[{"name":"a"},{"name":"c","image":"3"},{"name":"b"}]}"#),
            PatchCase(
                "an injected container keeps its place", #"{"containers":[{"name":"a"},{"name":"injected"},{"name":"b"}]}"#,
                #"{"$setElementOrder/containers":[{"name":"a"},{"name":"b"}],"containers":[{"name":"b","image":"2"}]}"#,
                #"{"containers":[{"name":"a"},{"name":"injected"},{"name":"b","image":"2"}]}"#),
            PatchCase(
                "an order that turns round wins over the server's", #"{"containers":[{"name":"a"},{"name":"s"},{"name":"b"}]}"#,
                #"{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}"#,
                #"{"containers":[{"name":"s"},{"name":"b"},{"name":"a"}]}"#),
            PatchCase(
                "$patch: delete removes one", #"{"containers":[{"name":"a"},{"name":"b"}]}"#,
                #"{"$setElementOrder/containers":[{"name":"b"}],"containers":[{"$patch":"delete","name":"a"}]}"#, #"{"containers":[{"name":"b"}]}"#),
            PatchCase(
                "one that takes a deleted one's place comes behind an injected one", #"{"containers":[{"name":"a"},{"name":"injected"}]}"#,
                #"{"$setElementOrder/containers":[{"name":"b"}],"containers":[{"name":"b"},{"$patch":"delete","name":"a"}]}"#,
                #"{"containers":[{"name":"injected"},{"name":"b"}]}"#),
            PatchCase(
                "$patch: delete of an unknown one does nothing", #"{"containers":[{"name":"b"}]}"#,
                #"{"containers":[{"$patch":"delete","name":"a"}]}"#, #"{"containers":[{"name":"b"}]}"#),
            PatchCase(
                "$patch: replace replaces the list", #"{"containers":[{"name":"a"},{"name":"b"}]}"#,
                #"{"containers":[{"name":"c"},{"$patch":"replace"}]}"#, #"{"containers":[{"name":"c"}]}"#),
            PatchCase("null removes the list", #"{"containers":[{"name":"a"}]}"#, #"{"$setElementOrder/containers":[],"containers":null}"#, "{}"),
            PatchCase(
                "a new list has no directives", "{}",
                #"{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"$patch":"delete","name":"x"},{"name":"a","image":null}]}"#,
                #"{"containers":[{"name":"a"}]}"#),
            PatchCase(
                "a new element has no nulls or directives", #"{"containers":[{"name":"a"}]}"#,
                #"{"containers":[{"name":"b","image":null,"$setElementOrder/env":[{"name":"X"}],"env":[{"name":"X","value":"1"},{"name":"Y","$patch":"delete"}]}]}"#,
                #"{"containers":[{"name":"b","env":[{"name":"X","value":"1"}]},{"name":"a"}]}"#),
            PatchCase(
                "environment variables are merged by name and removed",
                #"{"containers":[{"name":"a","env":[{"name":"X","value":"1"},{"name":"Y","value":"2"}]}]}"#,
                #"{"containers":[{"name":"a","env":[{"$patch":"delete","name":"X"},{"name":"Z","value":"3"}]}]}"#,
                #"{"containers":[{"name":"a","env":[{"name":"Z","value":"3"},{"name":"Y","value":"2"}]}]}"#),
            PatchCase(
                "a variable changes from a value to a reference", #"{"containers":[{"name":"a","env":[{"name":"X","value":"1"}]}]}"#,
                #"{"containers":[{"name":"a","env":[{"name":"X","value":null,"valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}]}]}"#,
                #"{"containers":[{"name":"a","env":[{"name":"X","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}]}]}"#),
            PatchCase(
                "ports are merged by number", #"{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"http"},{"containerPort":443}]}]}"#,
                #"{"containers":[{"name":"a","ports":[{"containerPort":443,"name":"https"},{"containerPort":53}]}]}"#,
                #"{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"http"},{"containerPort":443,"name":"https"},{"containerPort":53}]}]}"#
            ),
            PatchCase(
                "of equal ports the first is changed",
                #"{"containers":[{"name":"a","ports":[{"containerPort":53,"protocol":"UDP"},{"containerPort":53,"protocol":"TCP"}]}]}"#,
                #"{"containers":[{"name":"a","ports":[{"containerPort":53,"name":"dns"}]}]}"#,
                #"{"containers":[{"name":"a","ports":[{"containerPort":53,"protocol":"UDP","name":"dns"},{"containerPort":53,"protocol":"TCP"}]}]}"#),
            PatchCase(
                "a volume's source is replaced through $retainKeys", #"{"volumes":[{"name":"v","emptyDir":{}}]}"#,
                #"{"$setElementOrder/volumes":[{"name":"v"}],"volumes":[{"$retainKeys":["name","configMap"],"name":"v","configMap":{"name":"c"},"emptyDir":null}]}"#,
                #"{"volumes":[{"name":"v","configMap":{"name":"c"}}]}"#),
        ])
    func containers(_ example: PatchCase) throws {
        let wrap = { (text: String) in #"{"spec":{"template":{"spec":\#(text)}}}"# }
        let result = try apply(wrap(example.patch), to: wrap(example.document))
        #expect(result.text == wrap(example.result))
    }

    @Test("What kubectl apply sends for a changed image and a removed label changes just that")
    func kubectlApply() throws {
        let live =
            #"{"metadata":{"annotations":{"last":"old"},"labels":{"app":"web","old":"1"},"name":"web"},"spec":{"replicas":3,"template":{"spec":{"#
            + #""containers":[{"name":"web","image":"nginx:1","resources":{}},{"name":"proxy","image":"envoy"}],"restartPolicy":"Always"}}}}"#
        let patch =
            #"{"metadata":{"annotations":{"last":"new"},"labels":{"old":null}},"spec":{"template":{"spec":{"#
            + #""$setElementOrder/containers":[{"name":"web"}],"containers":[{"image":"nginx:2","name":"web"}]}}}}"#
        let expected =
            #"{"metadata":{"annotations":{"last":"new"},"labels":{"app":"web"},"name":"web"},"spec":{"replicas":3,"template":{"spec":{"#
            + #""containers":[{"name":"web","image":"nginx:2","resources":{}},{"name":"proxy","image":"envoy"}],"restartPolicy":"Always"}}}}"#
        #expect(try apply(patch, to: live).text == expected)
    }

    @Test(
        "A patch that can't be merged fails and says why",
        arguments: [
            FailingPatchCase("not an object", "{}", "[]", .malformed, "is an object"),
            FailingPatchCase("unknown $patch", #"{"spec":{}}"#, #"{"spec":{"$patch":"merge"}}"#, .malformed, "merge"),
            FailingPatchCase(
                "unknown $patch in an element", #"{"metadata":{"ownerReferences":[{"uid":"a"}]}}"#,
                #"{"metadata":{"ownerReferences":[{"uid":"a","$patch":"merge"}]}}"#, .malformed, "ownerReferences"),
            FailingPatchCase(
                "an element without merge key", #"{"metadata":{"ownerReferences":[{"uid":"a"}]}}"#,
                #"{"metadata":{"ownerReferences":[{"name":"x"}]}}"#,
                .inapplicable, #"merge key "uid""#),
            FailingPatchCase(
                "elements of several types", #"{"metadata":{"finalizers":["a"]}}"#, #"{"metadata":{"finalizers":[1]}}"#, .inapplicable, "one type"),
            FailingPatchCase(
                "lists in a merged list", #"{"metadata":{"finalizers":["a"]}}"#, #"{"metadata":{"finalizers":[["b"]]}}"#, .inapplicable, "holds lists"
            ),
            FailingPatchCase(
                "$retainKeys that isn't a list", #"{"spec":{"strategy":{}}}"#, #"{"spec":{"strategy":{"$retainKeys":"type"}}}"#, .malformed,
                "$retainKeys"),
            FailingPatchCase(
                "$retainKeys that misses a member", #"{"spec":{"strategy":{}}}"#,
                #"{"spec":{"strategy":{"$retainKeys":["type"],"rollingUpdate":{}}}}"#, .malformed, "rollingUpdate"),
            FailingPatchCase(
                "$deleteFromPrimitiveList that isn't a list", #"{"metadata":{"finalizers":["a"]}}"#,
                #"{"metadata":{"$deleteFromPrimitiveList/finalizers":"a"}}"#, .malformed, "list of values"),
            FailingPatchCase(
                "$deleteFromPrimitiveList of objects", #"{"metadata":{"ownerReferences":[{"uid":"a"}]}}"#,
                #"{"metadata":{"$deleteFromPrimitiveList/ownerReferences":[{"uid":"a"}]}}"#, .malformed, "plain values"),
            FailingPatchCase(
                "$setElementOrder that isn't a list", "{}", #"{"metadata":{"$setElementOrder/finalizers":1}}"#, .malformed, "must be a list"),
            FailingPatchCase(
                "$setElementOrder against the patch's order", #"{"metadata":{"finalizers":[]}}"#,
                #"{"metadata":{"$setElementOrder/finalizers":["b","a"],"finalizers":["a","b"]}}"#, .malformed, "doesn't match"),
            FailingPatchCase(
                "$setElementOrder without an element of the patch", #"{"metadata":{"finalizers":["x"]}}"#,
                #"{"metadata":{"$setElementOrder/finalizers":["x"],"finalizers":["a"]}}"#, .malformed, "doesn't match"),
        ])
    func failures(_ example: FailingPatchCase) throws {
        let document = example.document == "{}" ? #"{"metadata":{}}"# : example.document
        let error = try #require(throws: PatchError.self) { try apply(example.patch, to: document) }
        #expect(error.kind == example.kind)
        #expect(error.message.contains(example.message))
    }
}
