//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// The defaults of a pod template that depend on what was given; the static ones are in the schema.
///
/// Some defaults are a pod's alone and must not show up in templates (requests from limits, host ports, service links), because they would
/// look like changes of the template.
///
/// Source of the rule: upstream's defaulting functions of core/v1, and the conversion that keeps `serviceAccount` and `serviceAccountName` alike.
enum PodSpecDefaults {
    static func apply(_ podSpec: inout JSONValue) {
        podSpec.changeElements("volumes", applyToVolume)
        for containers in ["initContainers", "containers", "ephemeralContainers"] {
            podSpec.changeElements(containers, applyToContainer)
        }
        podSpec.changeMember("overhead", roundUp)
        podSpec.changeMember("resources", roundUpResources)
        applyServiceAccount(&podSpec)
    }

    /// The old name of the member is still written, with the same value; the new name wins.
    private static func applyServiceAccount(_ podSpec: inout JSONValue) {
        let names = [podSpec["serviceAccountName"]?.stringValue ?? "", podSpec["serviceAccount"]?.stringValue ?? ""]
        guard let name = names.first(where: { !$0.isEmpty }) else { return }
        podSpec["serviceAccountName"] = .string(name)
        podSpec["serviceAccount"] = .string(name)
    }

    private static func applyToContainer(_ container: inout JSONValue) {
        if (container["imagePullPolicy"]?.stringValue ?? "").isEmpty {
            container["imagePullPolicy"] = pullPolicy(ofImage: container["image"]?.stringValue ?? "")
        }
        container.changeMember("resources", roundUpResources)
    }

    private static func applyToVolume(_ volume: inout JSONValue) {
        guard let members = volume.objectValue else { return }
        if members.allSatisfy({ $0.key == "name" || $0.value.isNull }) { volume["emptyDir"] = [:] }
        volume.changeMember("image") { image in
            guard (image["pullPolicy"]?.stringValue ?? "").isEmpty else { return }
            image["pullPolicy"] = pullPolicy(ofImage: image["reference"]?.stringValue ?? "")
        }
        volume.changeMember("ephemeral") { ephemeral in
            ephemeral.changeMember("volumeClaimTemplate") { template in
                template.changeMember("spec") { $0.changeMember("resources", roundUpResources) }
            }
        }
    }

    /// An image without a tag means its latest; a digest says exactly which image is meant.
    static func pullPolicy(ofImage reference: String) -> JSONValue {
        guard !reference.isEmpty else { return "IfNotPresent" }
        let parts = reference.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        // A colon before the last slash belongs to the registry's port.
        let name = parts[0].split(separator: "/").last ?? ""
        let tag: Substring =
            if let colon = name.firstIndex(of: ":") { name[name.index(after: colon)...] } else { parts.count > 1 ? "" : "latest" }
        return tag == "latest" ? "Always" : "IfNotPresent"
    }

    private static func roundUpResources(_ resources: inout JSONValue) {
        resources.changeMember("limits", roundUp)
        resources.changeMember("requests", roundUp)
    }

    private static func roundUp(_ list: inout JSONValue) {
        guard let members = list.objectValue else { return }
        for member in members {
            guard let quantity = member.value.stringValue.flatMap({ Quantity(parsing: $0) }) else { continue }
            let rounded = quantity.roundedUpToMilli
            if rounded != quantity { list[member.key] = .string(rounded.description) }
        }
    }
}
