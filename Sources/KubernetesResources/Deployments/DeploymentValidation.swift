//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// What is wrong with a deployment beyond its metadata.
///
/// Source of the rule: upstream apps/validation.
enum DeploymentValidation {
    static func validate(_ spec: DeploymentSpec) -> [FieldError] {
        var errors = nonNegative(spec.replicas, "spec.replicas")
        errors += validateSelector(spec)
        errors += PodTemplateValidation.validate(spec.template, path: "spec.template")
        errors += validate(spec.strategy, path: "spec.strategy")
        errors += nonNegative(spec.minReadySeconds, "spec.minReadySeconds")
        errors += nonNegative(spec.revisionHistoryLimit, "spec.revisionHistoryLimit")
        if let deadline = spec.progressDeadlineSeconds {
            errors += nonNegative(deadline, "spec.progressDeadlineSeconds")
            if deadline <= spec.minReadySeconds {
                errors.append(
                    .invalid("spec.progressDeadlineSeconds", .integer(Int64(deadline)), "must be greater than minReadySeconds"))
            }
        }
        return errors
    }

    static func validateUpdate(_ new: DeploymentSpec, old: DeploymentSpec) -> [FieldError] {
        var errors = validate(new)
        if new.selector != old.selector {
            errors.append(.invalid("spec.selector", new.selector?.json ?? .null, "field is immutable"))
        }
        return errors
    }

    static func validateStatus(_ status: DeploymentStatus, old: DeploymentStatus) -> [FieldError] {
        var errors: [FieldError] = []
        if status.observedGeneration < 0 {
            errors.append(.nonNegative("status.observedGeneration", .integer(status.observedGeneration)))
        }
        errors += nonNegative(status.replicas, "status.replicas")
        errors += nonNegative(status.updatedReplicas, "status.updatedReplicas")
        errors += nonNegative(status.readyReplicas, "status.readyReplicas")
        errors += nonNegative(status.availableReplicas, "status.availableReplicas")
        errors += nonNegative(status.unavailableReplicas, "status.unavailableReplicas")
        errors += nonNegative(status.terminatingReplicas, "status.terminatingReplicas")
        errors += nonNegative(status.collisionCount, "status.collisionCount")
        errors += notAbove(status.updatedReplicas, status.replicas, "status.updatedReplicas", "status.replicas")
        errors += notAbove(status.readyReplicas, status.replicas, "status.readyReplicas", "status.replicas")
        errors += notAbove(status.availableReplicas, status.replicas, "status.availableReplicas", "status.replicas")
        errors += notAbove(status.availableReplicas, status.readyReplicas, "status.availableReplicas", "readyReplicas")
        if let before = old.collisionCount, (status.collisionCount ?? 0) < before {
            let count = status.collisionCount.map { JSONValue.integer(Int64($0)) } ?? .null
            errors.append(.invalid("status.collisionCount", count, "cannot be decremented"))
        }
        return errors
    }

    private static func validateSelector(_ spec: DeploymentSpec) -> [FieldError] {
        guard let selector = spec.selector else { return [.required("spec.selector")] }
        var errors = selector.validate(path: "spec.selector")
        if selector.isEmpty {
            errors.append(.invalid("spec.selector", selector.json, "empty selector is invalid for deployment"))
        } else if errors.isEmpty, !selector.matches(spec.template.metadata.labels) {
            let labels = spec.template.metadata.labels.sorted { $0.key < $1.key }.map { JSONObject.Member(key: $0.key, value: .string($0.value)) }
            errors.append(
                .invalid(
                    "spec.template.metadata.labels", .object(JSONObject(labels)), "`selector` does not match template `labels`"))
        }
        return errors
    }

    private static func validate(_ strategy: DeploymentUpdateStrategy, path: String) -> [FieldError] {
        switch strategy.type {
        case "Recreate":
            guard strategy.rollingUpdate != nil else { return [] }
            return [.forbidden("\(path).rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")]
        case "RollingUpdate":
            guard let bounds = strategy.rollingUpdate else {
                return [.required("\(path).rollingUpdate", "this should be defaulted and never be nil")]
            }
            return validate(bounds, path: "\(path).rollingUpdate")
        default:
            return [.notSupported("\(path).type", .string(strategy.type), supported: ["Recreate", "RollingUpdate"])]
        }
    }

    private static func validate(_ bounds: DeploymentUpdateStrategy.RollingUpdate, path: String) -> [FieldError] {
        var errors: [FieldError] = []
        let missing = bounds.maxUnavailable ?? .integer(0)
        let surplus = bounds.maxSurge ?? .integer(0)
        errors += validateAmount(missing, path: "\(path).maxUnavailable")
        errors += validateAmount(surplus, path: "\(path).maxSurge")
        if isZero(missing), isZero(surplus) {
            errors.append(.invalid("\(path).maxUnavailable", missing.json, "may not be 0 when `maxSurge` is 0"))
        }
        if let percentage = missing.percentage, percentage > 100 {
            errors.append(.invalid("\(path).maxUnavailable", missing.json, "must not be greater than 100%"))
        }
        return errors
    }

    private static func validateAmount(_ amount: IntOrString, path: String) -> [FieldError] {
        switch amount {
        case .integer(let number):
            return nonNegative(number, path)
        case .string:
            guard amount.percentage == nil else { return [] }
            return [.invalid(path, amount.json, "a valid percent string must be a numeric string followed by an ending '%'")]
        }
    }

    private static func isZero(_ amount: IntOrString) -> Bool {
        amount == .integer(0) || amount.percentage == 0
    }

    private static func nonNegative(_ number: Int32?, _ field: String) -> [FieldError] {
        guard let number, number < 0 else { return [] }
        return [.nonNegative(field, .integer(Int64(number)))]
    }

    private static func notAbove(_ number: Int32, _ limit: Int32, _ field: String, _ limitField: String) -> [FieldError] {
        guard number > limit else { return [] }
        return [.invalid(field, .integer(Int64(number)), "cannot be greater than \(limitField)")]
    }
}

extension LabelSelectorTerms {
    /// As JSON, for error messages.
    var json: JSONValue {
        var labels = JSONObject()
        for (key, value) in matchLabels.sorted(by: { $0.key < $1.key }) { labels[key] = .string(value) }
        var members = JSONObject()
        if !labels.isEmpty { members["matchLabels"] = .object(labels) }
        if !matchExpressions.isEmpty {
            members["matchExpressions"] = .array(
                matchExpressions.map { expression in
                    [
                        "key": .string(expression.key), "operator": .string(expression.operator),
                        "values": .array(expression.values.map { .string($0) }),
                    ]
                })
        }
        return .object(members)
    }
}
