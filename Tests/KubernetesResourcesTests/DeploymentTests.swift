//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
@testable import KubernetesResources
import Registry
import Storage
import Testing

@Suite("Deployments")
struct DeploymentTests {
    @Test("The stored bytes are those of an upstream server, defaults included")
    func golden() async throws {
        try await Cluster.run { (cluster) async throws in
            let created = try await cluster.create(deployment())
            let time = try #require(created.metadata.creationTimestamp)
            #expect(
                try await cluster.stored("/deployments", "/demo/web")
                    == #"{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"web","namespace":"demo","uid":"\#(created.metadata.uid)","#
                    + #""generation":1,"creationTimestamp":"\#(time)","labels":{"app":"web"}},"#
                    + #""spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"#
                    + #""spec":{"containers":[{"name":"main","image":"example.com/web:1","resources":{},"terminationMessagePath":"/dev/termination-log","#
                    + #""terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always","#
                    + #""terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler"}},"#
                    + #""strategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%","maxSurge":"25%"}},"#
                    + #""revisionHistoryLimit":10,"progressDeadlineSeconds":600},"status":{}}"# + "\n")
        }
    }

    @Test("A status that is sent with a create is dropped, and the generation begins at 1")
    func create() async throws {
        try await Cluster.run { (cluster) async throws in
            var value = deployment()
            value["status"] = ["replicas": 5]
            value["metadata"]?["generation"] = 7
            let created = try await cluster.create(value)
            #expect(created.status == DeploymentStatus())
            #expect(created.metadata.generation == 1)
        }
    }

    @Test("Changes of the specification and of annotations raise the generation, labels don't; the status stays")
    func generation() async throws {
        try await Cluster.run { (cluster) async throws in
            try await cluster.create(deployment())
            let store = cluster.resources.deployments
            let context = cluster.context("demo")
            func generation(_ change: @escaping @Sendable (inout JSONValue) -> Void) async throws -> Int64 {
                try store.decode(try await store.change("web", context: context, change)).metadata.generation
            }
            #expect(try await generation { $0["metadata"]?["labels"]?["x"] = "y" } == 1)
            #expect(try await generation { $0["spec"]?["replicas"] = 3 } == 2)
            #expect(try await generation { $0["metadata"]?["annotations"] = ["x": "y"] } == 3)
            #expect(try await generation { $0["status"]?["replicas"] = 3 } == 3)
            #expect(try await store.value("web", context: context).status == DeploymentStatus())
        }
    }

    @Test("An update, a status or a scale without a difference writes nothing")
    func noOp() async throws {
        try await Cluster.run { (cluster) async throws in
            var value = deployment()
            value["metadata"]?["annotations"] = ["note": "<&>"]
            value["spec"]?["template"]?["spec"]?["volumes"] = [["name": "v", "emptyDir": [:]]]
            value["spec"]?["template"]?["spec"]?["nodeSelector"] = ["b": "1", "a": "2"]
            value["spec"]?["strategy"] = ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1, "maxUnavailable": 0]]
            let version = try await cluster.create(value).metadata.resourceVersion
            let context = cluster.context("demo")
            let status: StatusREST<Deployment> = try cluster.installed("deployments/status")
            let scale: ScaleREST<Deployment> = try cluster.installed("deployments/scale")
            for rest in [cluster.resources.deployments, status, scale] as [any Updater] {
                #expect(try await rest.change("web", context: context) { _ in }.resourceVersion.description == version)
            }
        }
    }

    @Test("The status endpoint changes the status alone")
    func status() async throws {
        try await Cluster.run { (cluster) async throws in
            try await cluster.create(deployment())
            let rest: StatusREST<Deployment> = try cluster.installed("deployments/status")
            let context = cluster.context("demo")
            let object = try await rest.change("web", context: context) { value in
                value["status"] = [
                    "observedGeneration": 1, "replicas": 2, "readyReplicas": 1, "conditions": [["type": "Available", "status": "True"]],
                ]
                value["spec"]?["replicas"] = 9
                value["metadata"]?["labels"] = ["x": "y"]
            }
            let changed = try cluster.resources.deployments.decode(object)
            #expect(changed.status.readyReplicas == 1)
            #expect(changed.status.conditions.count == 1)
            #expect(changed.spec.replicas == 2)
            #expect(changed.metadata.labels == ["app": "web"])
            #expect(changed.metadata.generation == 1)
            let status = await failure { try await rest.change("web", context: context) { $0["status"] = ["replicas": 1, "readyReplicas": 2] } }
            #expect(status?.details?.causes.map(\.field) == ["status.readyReplicas"])
        }
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var fields: [String]
        var change: @Sendable (inout JSONValue) -> Void

        init(_ description: String, _ fields: [String], _ change: @escaping @Sendable (inout JSONValue) -> Void) {
            testDescription = description
            self.fields = fields
            self.change = change
        }
    }

    static func containers(_ containers: JSONValue...) -> @Sendable (inout JSONValue) -> Void {
        { $0["spec"]?["template"]?["spec"]?["containers"] = .array(containers) }
    }

    static let rows: [Row] = [
        Row("negative replicas", ["spec.replicas"]) { $0["spec"]?["replicas"] = -1 },
        Row("no selector", ["spec.selector"]) { $0["spec"]?["selector"] = nil },
        Row("empty selector", ["spec.selector"]) { $0["spec"]?["selector"] = [:] },
        Row("foreign selector", ["spec.template.metadata.labels"]) { $0["spec"]?["selector"] = ["matchLabels": ["app": "other"]] },
        Row("unknown operator", ["spec.selector.matchExpressions[0].operator"]) { value in
            value["spec"]?["selector"] = ["matchExpressions": [["key": "app", "operator": "Like", "values": ["web"]]]]
        },
        Row("no containers", ["spec.template.spec.containers"], containers()),
        Row("no name", ["spec.template.spec.containers[0].name"], containers(["image": "x"])),
        Row("no image", ["spec.template.spec.containers[0].image"], containers(["name": "a"])),
        Row("bad name", ["spec.template.spec.containers[0].name"], containers(["name": "A_b", "image": "x"])),
        Row(
            "same name twice", ["spec.template.spec.containers[1].name"],
            containers(["name": "a", "image": "x"], ["name": "a", "image": "y"])),
        Row(
            "port out of range", ["spec.template.spec.containers[0].ports[0].containerPort"],
            containers(["name": "a", "image": "x", "ports": [["containerPort": 70000]]])),
        Row(
            "mount of an unknown volume", ["spec.template.spec.containers[0].volumeMounts[0].name"],
            containers(["name": "a", "image": "x", "volumeMounts": [["name": "v", "mountPath": "/v"]]])),
        Row("restart policy", ["spec.template.spec.restartPolicy"]) { $0["spec"]?["template"]?["spec"]?["restartPolicy"] = "Never" },
        Row("deadline", ["spec.template.spec.activeDeadlineSeconds"]) { $0["spec"]?["template"]?["spec"]?["activeDeadlineSeconds"] = 5 },
        Row("unknown strategy", ["spec.strategy.type"]) { $0["spec"]?["strategy"] = ["type": "Sometimes"] },
        Row("bounds of a recreation", ["spec.strategy.rollingUpdate"]) { value in
            value["spec"]?["strategy"] = ["type": "Recreate", "rollingUpdate": ["maxSurge": 1]]
        },
        Row("no room to roll", ["spec.strategy.rollingUpdate.maxUnavailable"]) { value in
            value["spec"]?["strategy"] = ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 0, "maxUnavailable": "0%"]]
        },
        Row("more than all missing", ["spec.strategy.rollingUpdate.maxUnavailable"]) { value in
            value["spec"]?["strategy"] = ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1, "maxUnavailable": "101%"]]
        },
        Row("no percentage", ["spec.strategy.rollingUpdate.maxSurge"]) { value in
            value["spec"]?["strategy"] = ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": "many", "maxUnavailable": 1]]
        },
        Row("deadline before readiness", ["spec.progressDeadlineSeconds"]) { value in
            value["spec"]?["minReadySeconds"] = 10
            value["spec"]?["progressDeadlineSeconds"] = 10
        },
        Row("several at once", ["spec.replicas", "spec.minReadySeconds", "spec.revisionHistoryLimit"]) { value in
            value["spec"]?["replicas"] = -1
            value["spec"]?["minReadySeconds"] = -1
            value["spec"]?["revisionHistoryLimit"] = -1
        },
    ]

    @Test("Broken rules are named by their fields", arguments: rows)
    func validation(_ row: Row) throws {
        var value = deployment()
        row.change(&value)
        DeploymentDefaults.apply(&value)
        #expect(DeploymentValidation.validate(try Deployment(json: value).spec).map(\.field) == row.fields)
    }

    @Test("A deployment that breaks no rule has no errors")
    func valid() throws {
        var value = deployment()
        DeploymentDefaults.apply(&value)
        #expect(DeploymentValidation.validate(try Deployment(json: value).spec).isEmpty)
    }

    @Test("The selector can't be changed")
    func selector() async throws {
        try await Cluster.run { (cluster) async throws in
            try await cluster.create(deployment())
            let status = await failure {
                try await cluster.resources.deployments.change("web", context: cluster.context("demo")) { value in
                    value["spec"]?["selector"] = ["matchLabels": ["app": "other"]]
                    value["spec"]?["template"]?["metadata"]?["labels"] = ["app": "other"]
                }
            }
            #expect(status?.code == 422)
            #expect(
                status?.message
                    == #"Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable"#)
        }
    }

    @Test("An update may leave the version out")
    func unconditional() async throws {
        try await Cluster.run { (cluster) async throws in
            try await cluster.create(deployment())
            try await cluster.resources.deployments.change("web", context: cluster.context("demo")) { value in
                value["metadata"]?["resourceVersion"] = nil
                value["spec"]?["replicas"] = 5
            }
            #expect(try await cluster.resources.deployments.value("web", context: cluster.context("demo")).spec.replicas == 5)
        }
    }

    @Test("The table shows what kubectl users look for")
    func table() async throws {
        try await Cluster.run { (cluster) async throws in
            try await cluster.create(deployment())
            let rest: StatusREST<Deployment> = try cluster.installed("deployments/status")
            let object = try await rest.change("web", context: cluster.context("demo")) { value in
                value["status"] = ["replicas": 2, "updatedReplicas": 2, "readyReplicas": 1, "availableReplicas": 1]
            }
            let store = cluster.resources.deployments
            #expect(
                store.tableColumns.map(\.name)
                    == ["Name", "Ready", "Up-to-date", "Available", "Age", "Containers", "Images", "Selector"])
            #expect(store.tableColumns.map(\.priority) == [0, 0, 0, 0, 0, 1, 1, 1])
            let cells = try store.tableCells(for: object)
            #expect(cells.prefix(4) == ["web", "1/2", 2, 1])
            #expect(cells.suffix(3) == ["main", "example.com/web:1", "app=web"])
        }
    }
}

@Suite("Label selectors of objects")
struct LabelSelectorTermsTests {
    @Test("The text form is sorted by label and can be parsed")
    func text() throws {
        let selector = LabelSelectorTerms(
            matchLabels: ["b": "2", "a": "1"],
            matchExpressions: [.init(key: "tier", operator: "In", values: ["y", "x"]), .init(key: "old", operator: "DoesNotExist")])
        #expect(selector.text == "a=1,b=2,!old,tier in (x,y)")
        #expect(try LabelSelector(parsing: selector.text).matches(["a": "1", "b": "2", "tier": "x"]))
    }

    @Test(
        "Operators match as upstream's do",
        arguments: [
            ("In", ["web"], true), ("In", ["x"], false), ("NotIn", ["x"], true), ("NotIn", ["web"], false), ("Exists", [], true),
            ("DoesNotExist", [], false),
        ])
    func matching(_ name: String, _ values: [String], _ expected: Bool) {
        let selector = LabelSelectorTerms(matchExpressions: [.init(key: "app", operator: name, values: values)])
        #expect(selector.matches(["app": "web"]) == expected)
        let absent = LabelSelectorTerms(matchExpressions: [.init(key: "none", operator: name, values: values)])
        #expect(absent.matches(["app": "web"]) == (name == "NotIn" || name == "DoesNotExist"))
    }
}
