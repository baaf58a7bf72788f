//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Yams

/// Turns a text into entries, and notes by path and line what isn't as it should be. Unknown fields are errors: a misspelt one must not
/// leave values in clear.
struct EncryptionConfigurationReader {
    private(set) var problems: [EncryptionConfigurationError.Problem] = []

    mutating func read(_ text: String) -> [EncryptionConfiguration.Entry] {
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch {
            // The parser's own description would quote the text, and with it a secret.
            complain("", nil, "the text is not valid YAML\(Self.place(of: error))")
            return []
        }
        guard let root, let fields = mapping(root, "", known: ["apiVersion", "kind", "resources"]) else {
            if root == nil { complain("", nil, "the text is empty") }
            return []
        }
        expect("apiserver.config.k8s.io/v1", fields["apiVersion"], "apiVersion")
        expect("EncryptionConfiguration", fields["kind"], "kind")
        guard let resources = fields["resources"] else {
            complain("resources", root, "at least one entry is needed")
            return []
        }
        return sequence(resources, "resources").compactMap { path, node in entry(node, path) }
    }

    // MARK: The parts

    private mutating func entry(_ node: Node, _ path: String) -> EncryptionConfiguration.Entry? {
        guard let fields = mapping(node, path, known: ["resources", "providers"]) else { return nil }
        var resources: [String] = []
        for (path, node) in sequence(fields["resources"], "\(path).resources") {
            if let name = text(node, path) { resources.append(name) }
        }
        var providers: [EncryptionConfiguration.Provider] = []
        for (path, node) in sequence(fields["providers"], "\(path).providers") {
            if let provider = provider(node, path) { providers.append(provider) }
        }
        return EncryptionConfiguration.Entry(resources: resources, providers: providers)
    }

    private static let providerNames = ["aescbc", "aesgcm", "identity", "kms", "secretbox"]

    private mutating func provider(_ node: Node, _ path: String) -> EncryptionConfiguration.Provider? {
        guard let fields = mapping(node, path, known: Self.providerNames) else { return nil }
        guard fields.count == 1, let (name, value) = fields.first else {
            let names = Self.providerNames.joined(separator: ", ")
            complain(
                path, node,
                fields.isEmpty
                    ? "a provider is needed: one of \(names)"
                    : "an element has one provider, not \(fields.count) (\(fields.keys.sorted().joined(separator: ", "))): split it into several elements"
            )
            return nil
        }
        let path = "\(path).\(name)"
        switch name {
        case "identity":
            // `identity:` alone is a common way to write `identity: {}`, and upstream ignores it, which leaves no provider.
            guard mapping(value, path, known: []) != nil else { return nil }
            return .identity
        case "aesgcm": return .aesgcm(keys(value, path))
        case "aescbc": return .aescbc(keys(value, path))
        case "secretbox": return .secretbox(keys(value, path))
        default: return kms(value, path)
        }
    }

    private mutating func keys(_ node: Node, _ path: String) -> [EncryptionConfiguration.Key] {
        guard let fields = mapping(node, path, known: ["keys"]), let keys = fields["keys"] else { return [] }
        return sequence(keys, "\(path).keys").compactMap { path, node in
            guard let fields = mapping(node, path, known: ["name", "secret"]) else { return nil }
            let name = fields["name"].flatMap { text($0, "\(path).name") } ?? ""
            guard let secretNode = fields["secret"], let secret = text(secretNode, "\(path).secret"), !secret.isEmpty else {
                complain("\(path).secret", node, "a key needs a secret")
                return nil
            }
            guard let bytes = Base64Text.decode(secret) else {
                complain("\(path).secret", secretNode, "a secret must be base64, as in: head -c 32 /dev/urandom | base64")
                return nil
            }
            return EncryptionConfiguration.Key(name: name, secret: bytes)
        }
    }

    private mutating func kms(_ node: Node, _ path: String) -> EncryptionConfiguration.Provider? {
        guard let fields = mapping(node, path, known: ["apiVersion", "name", "endpoint", "timeout", "cachesize"]) else { return nil }
        let version = fields["apiVersion"].flatMap { text($0, "\(path).apiVersion") } ?? "v1"
        guard version == "v2" else {
            complain(
                "\(path).apiVersion", fields["apiVersion"] ?? node,
                version == "v1"
                    ? "KMS v1, which is also meant where no version is named, isn't supported: upstream gave it up; use v2"
                    : "there is no KMS version \"\(version)\": use v2")
            return nil
        }
        if let size = fields["cachesize"] { complain("\(path).cachesize", size, "KMS v2 has no cache size: remove the field") }
        var kms = EncryptionConfiguration.KMS(
            name: fields["name"].flatMap { text($0, "\(path).name") } ?? "",
            endpoint: fields["endpoint"].flatMap { text($0, "\(path).endpoint") } ?? "")
        if let node = fields["timeout"], let text = text(node, "\(path).timeout") {
            if let timeout = GoDuration.parse(text) {
                kms.timeout = timeout
            } else {
                complain("\(path).timeout", node, "\"\(text)\" is no duration such as 3s or 1m30s")
            }
        }
        return .kms(kms)
    }

    // MARK: Nodes

    private mutating func expect(_ value: String, _ node: Node?, _ path: String) {
        guard let node else { return complain(path, nil, "must be \(value), and is missing") }
        guard let found = text(node, path), found != value else { return }
        complain(path, node, "must be \(value), not \"\(found)\"")
    }

    private mutating func mapping(_ node: Node, _ path: String, known: [String]) -> [String: Node]? {
        guard case .mapping(let mapping) = node else {
            complain(path, node, known.isEmpty ? "must be an empty map: {}" : "must be a map of \(known.joined(separator: ", "))")
            return nil
        }
        var fields: [String: Node] = [:]
        for (key, value) in mapping {
            guard let name = key.scalar?.string, known.contains(name) else {
                let name = key.scalar?.string ?? "?"
                complain(
                    path, key,
                    "the field \"\(name)\" isn't known"
                        + (known.isEmpty ? ": nothing is to be set here" : "; there are \(known.joined(separator: ", "))"))
                continue
            }
            fields[name] = value
        }
        return fields
    }

    private mutating func sequence(_ node: Node?, _ path: String) -> [(path: String, node: Node)] {
        guard let node else { return [] }
        guard case .sequence(let sequence) = node else {
            // An empty field is an empty list, which the checks complain about.
            if node.scalar?.string.isEmpty != true { complain(path, node, "must be a list") }
            return []
        }
        return sequence.enumerated().map { ("\(path)[\($0.offset)]", $0.element) }
    }

    private mutating func text(_ node: Node, _ path: String) -> String? {
        guard case .scalar(let scalar) = node else {
            complain(path, node, "must be text")
            return nil
        }
        return scalar.string
    }

    private mutating func complain(_ path: String, _ node: Node?, _ message: String) {
        problems.append(.init(path: path, line: node?.mark?.line, message: message))
    }

    private static func place(of error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): " (line \(mark.line), column \(mark.column))"
        case .duplicatedKeysInMapping(_, let context): " (a field is given twice, line \(context.mark.line))"
        default: ""
        }
    }
}
