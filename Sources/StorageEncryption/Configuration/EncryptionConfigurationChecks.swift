//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What upstream refuses in a configuration whose form is right.
///
/// Source of the rule: upstream apis/apiserver/validation, `ValidateEncryptionConfiguration`, and encryptionconfig's check for masked resources.
struct EncryptionConfigurationChecks {
    private typealias Problem = EncryptionConfigurationError.Problem

    private var problems: [Problem] = []
    private var kmsNames: Set<String> = []

    static func problems(with entries: [EncryptionConfiguration.Entry]) -> [EncryptionConfigurationError.Problem] {
        var checks = EncryptionConfigurationChecks()
        checks.check(entries)
        return checks.problems
    }

    private mutating func check(_ entries: [EncryptionConfiguration.Entry]) {
        if entries.isEmpty { complain("resources", "at least one entry is needed") }
        for (index, entry) in entries.enumerated() {
            let path = "resources[\(index)]"
            if entry.resources.isEmpty { complain("\(path).resources", "at least one resource is needed") }
            checkOverlap(entry.resources, "\(path).resources")
            for (index, name) in entry.resources.enumerated() { checkName(name, "\(path).resources[\(index)]") }
            if entry.providers.isEmpty { complain("\(path).providers", "at least one provider is needed") }
            for (index, provider) in entry.providers.enumerated() { check(provider, "\(path).providers[\(index)]") }
        }
        checkMasking(entries)
    }

    // MARK: Resources

    private mutating func checkOverlap(_ names: [String], _ path: String) {
        let rules = names.map { ResourceRule($0) }
        if Set(rules).count < rules.count { complain(path, "a resource is named twice") }
        for (index, rule) in rules.enumerated() {
            if let wider = rules.first(where: { $0 != rule && $0.covers(rule) }) {
                complain(path, "\"\(names[index])\" is covered by \"\(wider)\" in the same list: remove one of them")
                return
            }
        }
    }

    private mutating func checkName(_ name: String, _ path: String) {
        let rule = ResourceRule(name)
        switch (rule.resource, rule.group) {
        case _ where name.isEmpty: complain(path, "a resource's name is empty")
        case _ where name.lowercased() != name:
            complain(path, "\"\(name)\" has capital letters: resources are named in plural and lower case, as in secrets")
        case _ where name == "*": complain(path, "use \"*.\" for all resources of the core group, or \"*.*\" for all resources")
        case ("apiserveripinfo", ""), ("serviceipallocations", ""), ("servicenodeportallocations", ""):
            complain(path, "\"\(name)\" is not served as a resource and can't be encrypted")
        case (_, "events.k8s.io"): complain(path, "events of the group events.k8s.io are stored as core ones: use \"events\"")
        case (_, "extensions"): complain(path, "the group extensions is gone: name the resource's new group, as in deployments.apps")
        case (let resource, "*") where resource != "*": complain(path, "\"\(name)\": one resource of all groups can't be named")
        default: break
        }
    }

    /// A resource that an earlier entry's wildcard takes would never be treated as it says here.
    private mutating func checkMasking(_ entries: [EncryptionConfiguration.Entry]) {
        var earlier: [ResourceRule] = []
        for (index, entry) in entries.enumerated() {
            let rules = entry.resources.map { ResourceRule($0) }
            for (position, rule) in rules.enumerated() {
                guard let wider = earlier.first(where: { $0 != rule && $0.covers(rule) }) else { continue }
                complain(
                    "resources[\(index)].resources[\(position)]",
                    "\"\(rule)\" is masked by \"\(wider)\" of an earlier entry: move this entry before that one")
            }
            earlier += rules
        }
    }

    // MARK: Providers

    private mutating func check(_ provider: EncryptionConfiguration.Provider, _ path: String) {
        switch provider {
        case .identity: break
        case .aesgcm(let keys): check(keys, sizes: [16, 24, 32], "\(path).aesgcm.keys")
        case .aescbc(let keys): check(keys, sizes: [16, 24, 32], "\(path).aescbc.keys")
        case .secretbox(let keys):
            check(keys, sizes: [32], "\(path).secretbox.keys")
            #if !Secretbox
            complain("\(path).secretbox", "this program was built without secretbox: build with libsodium and the package trait Secretbox")
            #endif
        case .kms(let kms): check(kms, "\(path).kms")
        }
    }

    private mutating func check(_ keys: [EncryptionConfiguration.Key], sizes: [Int], _ path: String) {
        if keys.isEmpty { complain(path, "at least one key is needed") }
        for (index, key) in keys.enumerated() {
            if key.name.isEmpty { complain("\(path)[\(index)].name", "a key needs a name") }
            guard !sizes.contains(key.secret.count) else { continue }
            let allowed = sizes.map { String($0) }.joined(separator: ", ")
            complain("\(path)[\(index)].secret", "the secret has \(key.secret.count) bytes; allowed: \(allowed)")
        }
    }

    private mutating func check(_ kms: EncryptionConfiguration.KMS, _ path: String) {
        if kms.name.isEmpty { complain("\(path).name", "a KMS provider needs a name") }
        if kms.name.contains(":") { complain("\(path).name", "\"\(kms.name)\": the name must not contain a colon") }
        if !kmsNames.insert(kms.name).inserted {
            complain("\(path).name", "\"\(kms.name)\" is the name of another KMS provider: names must be unique")
        }
        if kms.timeout <= .zero { complain("\(path).timeout", "the timeout must be longer than nothing") }
        if kms.endpoint.isEmpty {
            complain("\(path).endpoint", "a KMS provider needs an endpoint, as in unix:///run/kms.sock")
        } else if !kms.endpoint.hasPrefix("unix:///") {
            complain("\(path).endpoint", "\"\(kms.endpoint)\" is not a Unix socket such as unix:///run/kms.sock")
        } else if kms.endpoint.hasPrefix("unix:///@") {
            complain("\(path).endpoint", "\"\(kms.endpoint)\": abstract sockets aren't supported; use one with a path")
        }
    }

    private mutating func complain(_ path: String, _ message: String) { problems.append(Problem(path: path, message: message)) }
}
