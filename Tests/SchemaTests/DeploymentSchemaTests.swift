//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import KubernetesResources
import Testing

@Suite("The shape of a deployment")
struct DeploymentSchemaTests {
    private static let minimal = #"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","creationTimestamp":null,"labels":{"app":"web"}},
         "spec":{"selector":{"matchLabels":{"app":"web"}},"strategy":{},
         "template":{"metadata":{"creationTimestamp":null,"labels":{"app":"web"}},"spec":{"containers":[{"image":"nginx","name":"c","resources":{}}]}}},
         "status":{}}
        """#

    private static let stored =
        #"{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"web","labels":{"app":"web"}},"spec":{"replicas":1,"#
        + #""selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"nginx","#
        + #""resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"Always"}],"#
        + #""restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"#
        + #""schedulerName":"default-scheduler"}},"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%","maxSurge":"25%"}},"#
        + #""revisionHistoryLimit":10,"progressDeadlineSeconds":600},"status":{}}"#

    private func defaulted(_ text: String) throws -> JSONValue {
        let normalized = try KubernetesSchemas.deployment.normalize(json(text))
        #expect(normalized.unknownFields.isEmpty)
        var value = normalized.value
        DeploymentDefaults.apply(&value)
        return value
    }

    /// A deployment whose pod template holds these members.
    private func podSpec(_ members: String, in path: String = "spec") throws -> JSONValue {
        let text = #"{"spec":{"selector":{},"template":{"spec":{\#(members)}}}}"#
        return try #require(try defaulted(text)["spec"]?["template"]?["spec"])
    }

    @Test("A minimal deployment is defaulted to the bytes that kube-apiserver stores")
    func golden() throws {
        let value = try defaulted(Self.minimal)
        #expect(value.text == Self.stored)
        let again = try KubernetesSchemas.deployment.normalize(value)
        #expect(again.value.text == Self.stored, "the stored form is normal")
        #expect(try defaulted(Self.stored).text == Self.stored, "defaulting the stored form changes nothing")
    }

    @Test("An explicit zero of a pointer stays, and of a plain value goes")
    func zeros() throws {
        let spec = try #require(
            try defaulted(#"{"spec":{"replicas":0,"revisionHistoryLimit":0,"minReadySeconds":0,"paused":false,"selector":{}}}"#)["spec"])
        #expect(spec["replicas"] == 0)
        #expect(spec["revisionHistoryLimit"] == 0)
        #expect(spec["minReadySeconds"] == nil)
        #expect(spec["paused"] == nil)
        #expect(spec["selector"] == [:])
    }

    @Test("Recreate gets no settings of a rolling update")
    func recreate() throws {
        let spec = try defaulted(#"{"spec":{"strategy":{"type":"Recreate"}}}"#)["spec"]
        #expect(spec?["strategy"] == ["type": "Recreate"])
    }

    @Test("A rolling update keeps what was said of it")
    func rollingUpdate() throws {
        let spec = try defaulted(#"{"spec":{"strategy":{"rollingUpdate":{"maxSurge":0}}}}"#)["spec"]
        #expect(spec?["strategy"]?.text == #"{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%","maxSurge":0}}"#)
    }

    @Test(
        "The pull policy follows the image's tag",
        arguments: [
            ("nginx", "Always"), ("nginx:latest", "Always"), ("nginx:1.27", "IfNotPresent"), ("registry:5000/team/nginx", "Always"),
            ("registry:5000/team/nginx:1", "IfNotPresent"), ("nginx@sha256:0123", "IfNotPresent"), ("nginx:latest@sha256:0123", "Always"),
            ("", "IfNotPresent"),
        ])
    func pullPolicy(image: String, policy: String) throws {
        let containers = #"[{"name":"c","image":"\#(image)"}]"#
        let spec = try podSpec(#""containers":\#(containers),"initContainers":\#(containers),"ephemeralContainers":\#(containers)"#)
        for member in ["containers", "initContainers", "ephemeralContainers"] {
            #expect(spec[member]?.arrayValue?.first?["imagePullPolicy"] == .string(policy))
        }
    }

    @Test("Ports and probes get their defaults")
    func probes() throws {
        let spec = try podSpec(
            #""containers":[{"name":"c","image":"a:1","ports":[{"containerPort":80},{"containerPort":53,"protocol":"UDP"}],"#
                + #""livenessProbe":{"httpGet":{"port":"http"}},"readinessProbe":{"grpc":{"port":9},"periodSeconds":5},"#
                + #""lifecycle":{"preStop":{"httpGet":{"port":80,"path":"/stop"}}}}]"#)
        let container = try #require(spec["containers"]?.arrayValue?.first)
        #expect(container["ports"]?.text == #"[{"containerPort":80,"protocol":"TCP"},{"containerPort":53,"protocol":"UDP"}]"#)
        #expect(
            container["livenessProbe"]?.text
                == #"{"httpGet":{"path":"/","port":"http","scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3}"#
        )
        #expect(
            container["readinessProbe"]?.text
                == #"{"grpc":{"port":9,"service":""},"timeoutSeconds":1,"periodSeconds":5,"successThreshold":1,"failureThreshold":3}"#)
        #expect(container["lifecycle"]?.text == #"{"preStop":{"httpGet":{"path":"/stop","port":80,"scheme":"HTTP"}}}"#)
    }

    @Test(
        "A volume gets the defaults of its source",
        arguments: [
            (#"{"name":"v"}"#, #"{"name":"v","emptyDir":{}}"#),
            (#"{"name":"v","emptyDir":{"sizeLimit":"1024Mi"}}"#, #"{"name":"v","emptyDir":{"sizeLimit":"1Gi"}}"#),
            (#"{"name":"v","secret":{"secretName":"s"}}"#, #"{"name":"v","secret":{"secretName":"s","defaultMode":420}}"#),
            (#"{"name":"v","configMap":{"name":"c","defaultMode":0}}"#, #"{"name":"v","configMap":{"name":"c","defaultMode":0}}"#),
            (#"{"name":"v","hostPath":{"path":"/"}}"#, #"{"name":"v","hostPath":{"path":"/","type":""}}"#),
            (
                #"{"name":"v","projected":{"sources":[{"serviceAccountToken":{"path":"t"}}]}}"#,
                #"{"name":"v","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3600,"path":"t"}}],"defaultMode":420}}"#
            ),
            (
                #"{"name":"v","downwardAPI":{"items":[{"path":"l","fieldRef":{"fieldPath":"metadata.labels"}},{"path":"c","resourceFieldRef":{"resource":"limits.cpu"}}]}}"#,
                #"{"name":"v","downwardAPI":{"items":[{"path":"l","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.labels"}},"#
                    + #"{"path":"c","resourceFieldRef":{"resource":"limits.cpu","divisor":"0"}}],"defaultMode":420}}"#
            ),
            (#"{"name":"v","image":{"reference":"a"}}"#, #"{"name":"v","image":{"reference":"a","pullPolicy":"Always"}}"#),
        ])
    func volumes(input: String, expected: String) throws {
        let spec = try podSpec(#""volumes":[\#(input)]"#)
        #expect(spec["volumes"]?.text == "[\(expected)]")
    }

    @Test("Amounts of resources are canonical and whole in milli")
    func resources() throws {
        let spec = try podSpec(
            #""containers":[{"name":"c","image":"a:1","resources":{"requests":{"memory":"1024Mi","cpu":"0.5"},"limits":{"cpu":"1500u"}}}]"#)
        #expect(
            spec["containers"]?.arrayValue?.first?["resources"]?.text
                == #"{"limits":{"cpu":"2m"},"requests":{"cpu":"500m","memory":"1Gi"}}"#)
    }

    @Test("The service account is written under both its names", arguments: ["serviceAccount", "serviceAccountName"])
    func serviceAccount(member: String) throws {
        let spec = try podSpec(#""\#(member)":"robot""#)
        #expect(spec["serviceAccountName"] == "robot")
        #expect(spec["serviceAccount"] == "robot")
    }

    @Test("Unknown members at every depth are reported")
    func unknown() throws {
        let text = #"{"spec":{"foo":1,"template":{"spec":{"containers":[{"name":"c","imagee":"x"}]}}}}"#
        let normalized = try KubernetesSchemas.deployment.normalize(json(text))
        #expect(normalized.unknownFields == ["spec.foo", "spec.template.spec.containers[0].imagee"])
    }

    @Test("Other built-in kinds keep the order of their members")
    func others() throws {
        let configMap = try KubernetesSchemas.configMap.normalize(
            json(
                #"{"data":{"b":"2","a":"1"},"immutable":false,"binaryData":{"x":"AA=="},"metadata":{"name":"c"},"apiVersion":"v1","kind":"ConfigMap"}"#
            ))
        #expect(
            configMap.value.text
                == #"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c"},"immutable":false,"data":{"a":"1","b":"2"},"binaryData":{"x":"AA=="}}"#
        )
        let namespace = try KubernetesSchemas.namespace.normalize(json(#"{"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}"#))
        #expect(namespace.value.text == #"{"metadata":{},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}"#)
        let scale = try KubernetesSchemas.scale.normalize(json(#"{"spec":{"replicas":0}}"#))
        #expect(scale.value.text == #"{"metadata":{},"spec":{},"status":{"replicas":0}}"#)
    }

    @Test("Metadata is written in upstream's order")
    func metadata() throws {
        let input =
            #"{"metadata":{"managedFields":[{"time":"2026-01-01T00:00:00Z","manager":"m","fieldsV1":{"f:a":{}},"operation":"Update"}],"finalizers":["f"],"#
            + #""ownerReferences":[{"uid":"u","name":"n","kind":"K","apiVersion":"v1","controller":true}],"annotations":{"a":""},"labels":{},"#
            + #""deletionGracePeriodSeconds":0,"creationTimestamp":"2026-01-01T00:00:00Z","generation":1,"resourceVersion":"5","uid":"x","namespace":"d","name":"w"}}"#
        let normalized = try KubernetesSchemas.configMap.normalize(json(input))
        #expect(
            normalized.value["metadata"]?.text
                == #"{"name":"w","namespace":"d","uid":"x","resourceVersion":"5","generation":1,"creationTimestamp":"2026-01-01T00:00:00Z","#
                + #""deletionGracePeriodSeconds":0,"annotations":{"a":""},"ownerReferences":[{"apiVersion":"v1","kind":"K","name":"n","uid":"u","controller":true}],"#
                + #""finalizers":["f"],"managedFields":[{"manager":"m","operation":"Update","time":"2026-01-01T00:00:00Z","fieldsV1":{"f:a":{}}}]}"#)
    }
}
