//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// What a deployment is made of where its author said nothing.
///
/// Source of the rule: upstream's defaulting functions of apps/v1 and core/v1.
public enum DeploymentDefaults {
    /// Fills in all defaults: the static ones of ``KubernetesSchemas/deployment``, and those that depend on what was given.
    ///
    /// Expects a value that has been normalized, and keeps its members in order. Doing it twice changes nothing.
    public static func apply(_ deployment: inout JSONValue) {
        deployment.changeMember("spec") { spec in
            if spec["strategy"] == nil { spec["strategy"] = [:] }
            spec.changeMember("strategy") { strategy in
                let type = strategy["type"]?.stringValue ?? ""
                if type.isEmpty || type == "RollingUpdate", strategy["rollingUpdate"] == nil { strategy["rollingUpdate"] = [:] }
            }
            spec.changeMember("template") { template in
                template.changeMember("spec") { PodSpecDefaults.apply(&$0) }
            }
        }
        KubernetesSchemas.deployment.applyDefaults(&deployment)
    }
}
