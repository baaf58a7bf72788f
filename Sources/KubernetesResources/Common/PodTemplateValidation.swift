//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// The main rules for the pods of a workload: names, images and what refers to them.
///
/// Source of the rule: upstream core/validation ValidatePodTemplateSpec, as far as a controller that keeps pods running needs it.
enum PodTemplateValidation {
    /// Checks a template whose pods are to run for ever.
    static func validate(_ template: PodTemplate, path: String) -> [FieldError] {
        var errors = validateLabels(template.metadata, path: "\(path).metadata")
        let spec = template.spec
        let specPath = "\(path).spec"
        let volumes = Set((spec["volumes"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue })
        errors += validateVolumes(spec["volumes"]?.arrayValue ?? [], path: "\(specPath).volumes")
        errors += validateContainers(spec, volumes: volumes, path: specPath)
        let restartPolicy = spec["restartPolicy"]?.stringValue ?? ""
        if restartPolicy != "Always" {
            errors.append(.notSupported("\(specPath).restartPolicy", .string(restartPolicy), supported: ["Always"]))
        }
        if let deadline = spec["activeDeadlineSeconds"], !deadline.isNull {
            errors.append(.forbidden("\(specPath).activeDeadlineSeconds", "activeDeadlineSeconds in ReplicaSet is not Supported"))
        }
        if let period = spec["terminationGracePeriodSeconds"]?.integerValue, period < 0 {
            errors.append(.nonNegative("\(specPath).terminationGracePeriodSeconds", .integer(period)))
        }
        return errors
    }

    private static func validateLabels(_ metadata: ObjectMeta, path: String) -> [FieldError] {
        metadata.labels.sorted { $0.key < $1.key }.flatMap { key, value -> [FieldError] in
            NameValidation.qualifiedName(key).map { .invalid("\(path).labels", .string(key), $0) }
                + NameValidation.labelValue(value).map { .invalid("\(path).labels", .string(value), $0) }
        }
    }

    private static func validateVolumes(_ volumes: [JSONValue], path: String) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, volume) in volumes.enumerated() {
            errors += validateName(volume, path: "\(path)[\(index)].name", names: &names)
        }
        return errors
    }

    private static func validateContainers(_ spec: JSONValue, volumes: Set<String>, path: String) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        let containers = spec["containers"]?.arrayValue ?? []
        if containers.isEmpty { errors.append(.required("\(path).containers")) }
        for (index, container) in containers.enumerated() {
            errors += validateContainer(container, volumes: volumes, names: &names, path: "\(path).containers[\(index)]")
        }
        for (index, container) in (spec["initContainers"]?.arrayValue ?? []).enumerated() {
            errors += validateContainer(container, volumes: volumes, names: &names, path: "\(path).initContainers[\(index)]")
        }
        return errors
    }

    private static func validateContainer(
        _ container: JSONValue, volumes: Set<String>, names: inout Set<String>, path: String
    ) -> [FieldError] {
        var errors = validateName(container, path: "\(path).name", names: &names)
        let image = container["image"]?.stringValue ?? ""
        if image.isEmpty {
            errors.append(.required("\(path).image"))
        } else if image.first?.isWhitespace == true || image.last?.isWhitespace == true {
            errors.append(.invalid("\(path).image", .string(image), "must not have leading or trailing whitespace"))
        }
        let policies = ["Always", "IfNotPresent", "Never"]
        if let policy = container["imagePullPolicy"]?.stringValue, !policies.contains(policy) {
            errors.append(.notSupported("\(path).imagePullPolicy", .string(policy), supported: policies))
        }
        errors += validatePorts(container["ports"]?.arrayValue ?? [], path: "\(path).ports")
        for (index, variable) in (container["env"]?.arrayValue ?? []).enumerated() where (variable["name"]?.stringValue ?? "").isEmpty {
            errors.append(.required("\(path).env[\(index)].name"))
        }
        for (index, mount) in (container["volumeMounts"]?.arrayValue ?? []).enumerated() {
            errors += validateMount(mount, volumes: volumes, path: "\(path).volumeMounts[\(index)]")
        }
        return errors
    }

    private static func validateName(_ element: JSONValue, path: String, names: inout Set<String>) -> [FieldError] {
        let name = element["name"]?.stringValue ?? ""
        if name.isEmpty { return [.required(path)] }
        var errors: [FieldError] = NameValidation.dnsLabel(name).map { .invalid(path, .string(name), $0) }
        if !names.insert(name).inserted { errors.append(.duplicate(path, .string(name))) }
        return errors
    }

    private static func validatePorts(_ ports: [JSONValue], path: String) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, port) in ports.enumerated() {
            if let number = port["containerPort"]?.integerValue, number != 0 {
                if !(1...65535).contains(number) {
                    errors.append(
                        .invalid("\(path)[\(index)].containerPort", .integer(number), "must be between 1 and 65535, inclusive"))
                }
            } else {
                errors.append(.required("\(path)[\(index)].containerPort"))
            }
            let protocols = ["SCTP", "TCP", "UDP"]
            let name = port["protocol"]?.stringValue ?? ""
            if name.isEmpty {
                errors.append(.required("\(path)[\(index)].protocol"))
            } else if !protocols.contains(name) {
                errors.append(.notSupported("\(path)[\(index)].protocol", .string(name), supported: protocols))
            }
        }
        return errors
    }

    private static func validateMount(_ mount: JSONValue, volumes: Set<String>, path: String) -> [FieldError] {
        var errors: [FieldError] = []
        let name = mount["name"]?.stringValue ?? ""
        if name.isEmpty {
            errors.append(.required("\(path).name"))
        } else if !volumes.contains(name) {
            errors.append(.notFound("\(path).name", .string(name)))
        }
        if (mount["mountPath"]?.stringValue ?? "").isEmpty { errors.append(.required("\(path).mountPath")) }
        return errors
    }
}

extension FieldError {
    /// A number that may not be below zero.
    static func nonNegative(_ field: String, _ value: JSONValue) -> FieldError {
        .invalid(field, value, "must be greater than or equal to 0")
    }
}
