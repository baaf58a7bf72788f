//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry

/// What is particular about deployments: clients own the specification, the controller owns the status.
///
/// Source of the rule: upstream registry/apps/deployment.
struct DeploymentStrategy: Strategy {
    typealias Value = Deployment

    var allowsUnconditionalUpdate: Bool { true }
    var resetFields: FieldSet { FieldSet(["status"]) }

    func validateName(_ name: String, isPrefix: Bool) -> [String] { NameValidation.subdomainName(name, isPrefix) }

    func prepareForCreate(_ object: inout Deployment, context: RequestContext) {
        object.status = DeploymentStatus()
        object.metadata.generation = 1
    }

    func validate(_ object: Deployment, context: RequestContext) -> [FieldError] {
        DeploymentValidation.validate(object.spec)
    }

    func prepareForUpdate(_ new: inout Deployment, old: Deployment, context: RequestContext) {
        new.status = old.status
        // Annotations count too: the controller copies them to replica sets, so it has to look again.
        if new.spec != old.spec || new.metadata.annotations != old.metadata.annotations {
            new.metadata.generation = old.metadata.generation + 1
        }
    }

    func validateUpdate(_ new: Deployment, old: Deployment, context: RequestContext) -> [FieldError] {
        DeploymentValidation.validateUpdate(new.spec, old: old.spec)
    }
}

/// `deployments/status`: only the status changes.
struct DeploymentStatusStrategy: UpdateStrategy {
    typealias Value = Deployment

    var allowsUnconditionalUpdate: Bool { true }
    var resetFields: FieldSet { FieldSet(["spec"], ["metadata", "labels"]) }

    func prepareForUpdate(_ new: inout Deployment, old: Deployment, context: RequestContext) {
        new.spec = old.spec
        new.metadata.labels = old.metadata.labels
    }

    func validateUpdate(_ new: Deployment, old: Deployment, context: RequestContext) -> [FieldError] {
        DeploymentValidation.validateStatus(new.status, old: old.status)
    }
}
