//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import KubernetesResources
import Testing

@Suite("The managed fields of built-in kinds")
struct DeploymentManagedFieldsTests {
    private static let manager = FieldManager(apiVersion: "apps/v1", schema: KubernetesSchemas.deployment, resetFields: FieldSet(["status"]))
    private static let start = Timestamp(secondsSinceEpoch: 1_795_418_964)

    private func deployment(_ text: String) throws -> JSONValue {
        var value = try KubernetesSchemas.deployment.normalize(json(text)).value
        DeploymentDefaults.apply(&value)
        return value
    }

    private static let nginx = #"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","labels":{"app":"web"}},
         "spec":{"replicas":3,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
         "spec":{"containers":[{"name":"nginx","image":"nginx:1.27","ports":[{"containerPort":80}],"env":[{"name":"A","value":"b"},
         {"name":"S","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}],"resources":{"limits":{"cpu":"100m"}}}],
         "nodeSelector":{"disk":"ssd"},"volumes":[{"name":"v","emptyDir":{}},{"name":"c","configMap":{"name":"cm"}}]}}}}
        """#

    @Test("A deployment's creator manages what it sent and the defaults, as upstream notes it")
    func create() throws {
        let object = Self.manager.update(try deployment(Self.nginx), live: nil, manager: "kubectl-create", now: Self.start)
        let entries = try #require(object["metadata"]?["managedFields"]?.arrayValue)
        #expect(entries.count == 1)
        let container =
            #""k:{\"name\":\"nginx\"}":{".":{},"f:env":{".":{},"k:{\"name\":\"A\"}":{".":{},"f:name":{},"f:value":{}},"#
            + #""k:{\"name\":\"S\"}":{".":{},"f:name":{},"f:valueFrom":{".":{},"f:secretKeyRef":{}}}},"f:image":{},"f:imagePullPolicy":{},"#
            + #""f:name":{},"f:ports":{".":{},"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{},"f:protocol":{}}},"#
            + #""f:resources":{".":{},"f:limits":{".":{},"f:cpu":{}}},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}"#
        let volumes =
            #""f:volumes":{".":{},"k:{\"name\":\"c\"}":{".":{},"f:configMap":{".":{},"f:defaultMode":{},"f:name":{}},"f:name":{}},"#
            + #""k:{\"name\":\"v\"}":{".":{},"f:emptyDir":{},"f:name":{}}}"#
        #expect(
            entries[0]["fieldsV1"]?.text
                == #"{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:progressDeadlineSeconds":{},"f:replicas":{},"#
                + #""f:revisionHistoryLimit":{},"f:selector":{},"f:strategy":{"f:rollingUpdate":{".":{},"f:maxSurge":{},"f:maxUnavailable":{}},"#
                + #""f:type":{}},"f:template":{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{"# + container
                + #"},"f:dnsPolicy":{},"f:nodeSelector":{},"f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"#
                + #""f:terminationGracePeriodSeconds":{},"# + volumes + "}}}}")
    }

    @Test("A container's image moves to whoever sets it, and nothing else does")
    func setImage() throws {
        var live = Self.manager.update(try deployment(Self.nginx), live: nil, manager: "kubectl-create", now: Self.start)
        live["metadata"]?["uid"] = "u"
        let patch = try json(#"{"spec":{"template":{"spec":{"containers":[{"name":"nginx","image":"nginx:1.28"}]}}}}"#)
        let patched = try StrategicMergePatch.apply(patch, to: live, schema: KubernetesSchemas.deployment)
        let object = Self.manager.update(patched, live: live, manager: "kubectl-set", now: Self.start)
        let entries = try #require(object["metadata"]?["managedFields"]?.arrayValue)
        #expect(entries.map { $0["manager"] } == ["kubectl-create", "kubectl-set"])
        #expect(
            entries.last?["fieldsV1"]?.text
                == #"{"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"nginx\"}":{"f:image":{}}}}}}}"#)
        let before = try FieldSet(fieldsV1: live["metadata"]?["managedFields"]?.arrayValue?.first?["fieldsV1"] ?? .null)
        let after = try FieldSet(fieldsV1: entries.first?["fieldsV1"] ?? .null)
        #expect(before.subtracting(after) == (try FieldSet(fieldsV1: entries.last?["fieldsV1"] ?? .null)))
    }

    @Test("A config map's data are managed key by key")
    func configMap() throws {
        let manager = FieldManager(apiVersion: "v1", schema: KubernetesSchemas.configMap)
        let new = try json(#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"b":"2","a":"1"},"immutable":true}"#)
        let object = manager.update(new, live: nil, manager: "m", now: Self.start)
        #expect(
            object["metadata"]?["managedFields"]?.arrayValue?.first?["fieldsV1"]?.text
                == #"{"f:data":{".":{},"f:a":{},"f:b":{}},"f:immutable":{}}"#)
    }
}
