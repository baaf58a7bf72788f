//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Logging
import Storage
import StorageEncryption
import Testing

@Suite("Encryption configurations")
struct EncryptionConfigurationTests {
    static let secret32 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    static let secret16 = "AAECAwQFBgcICQoLDA0ODw=="

    /// A configuration with entries of this YAML.
    static func text(_ entries: String) -> String {
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n" + entries
    }

    static func entry(_ resources: String, _ providers: String) -> String { "- resources: [\(resources)]\n  providers: [\(providers)]\n" }

    static func provider(_ provider: String) -> String { text(entry("secrets", provider)) }

    static func key(_ secret: String = secret32, name: String = "key1") -> String { "{name: \(name), secret: \(secret)}" }

    @Test("The file of upstream's documentation is read")
    func readsTheUsualFile() throws {
        let configuration = try EncryptionConfiguration(
            parsing: """
                ---
                apiVersion: apiserver.config.k8s.io/v1
                kind: EncryptionConfiguration
                resources:
                  - resources:
                      - secrets
                      - configmaps
                      - pandas.awesome.bears.example # a custom resource
                    providers:
                      - aesgcm:
                          keys:
                            - name: key1
                              secret: \(Self.secret16)
                            - name: key2
                              secret: \(Self.secret32)
                      - aescbc:
                          keys:
                            - {name: key1, secret: \(Self.secret32)}
                      - kms:
                          apiVersion: v2
                          name: cloud
                          endpoint: unix:///run/kms.sock
                          timeout: 1m2.5s
                      - identity: {} # what was stored in clear is still read
                  - resources: ['*.apps']
                    providers:
                      - identity: {}
                """)
        let key = EncryptionConfiguration.Key(name: "key1", secret: Array(0..<32))
        #expect(
            configuration.entries == [
                .init(
                    resources: ["secrets", "configmaps", "pandas.awesome.bears.example"],
                    providers: [
                        .aesgcm([.init(name: "key1", secret: Array(0..<16)), .init(name: "key2", secret: Array(0..<32))]), .aescbc([key]),
                        .kms(.init(name: "cloud", endpoint: "unix:///run/kms.sock", timeout: .milliseconds(62_500))), .identity,
                    ]),
                .init(resources: ["*.apps"], providers: [.identity]),
            ])
    }

    @Test("JSON is read too")
    func readsJSON() throws {
        let configuration = try EncryptionConfiguration(
            parsing: """
                {"apiVersion":"apiserver.config.k8s.io/v1","kind":"EncryptionConfiguration",
                 "resources":[{"resources":["*.*"],"providers":[{"aesgcm":{"keys":[{"name":"a","secret":"\(Self.secret16)"}]}},{"identity":{}}]}]}
                """)
        #expect(configuration.entries.map(\.resources) == [["*.*"]])
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        var text: String
        var path: String
        var says: String
        var testDescription: String { "\(path) \(says)" }

        init(_ text: String, _ path: String, _ says: String) {
            self.text = text
            self.path = path
            self.says = says
        }
    }

    static let wrongForms: [Wrong] = [
        Wrong("", "", "empty"),
        Wrong("- a", "", "map of"),
        Wrong("a: [", "", "not valid YAML"),
        Wrong("kind: EncryptionConfiguration\nresources: []", "apiVersion", "missing"),
        Wrong("apiVersion: v1\nkind: EncryptionConfig\nresources: []", "apiVersion", "apiserver.config.k8s.io/v1"),
        Wrong("apiVersion: v1\nkind: EncryptionConfig\nresources: []", "kind", "must be EncryptionConfiguration"),
        Wrong("apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration", "resources", "at least one entry"),
        Wrong(text("") + "  []\n", "resources", "at least one entry"),
        Wrong(text("- {}\n") + "other: 1\n", "", "\"other\" isn't known"),
        Wrong(text("- resource: [secrets]\n"), "resources[0]", "\"resource\" isn't known"),
        Wrong(text("- providers: [identity: {}]\n"), "resources[0].resources", "at least one resource"),
        Wrong(text("- resources: secrets\n  providers: [identity: {}]\n"), "resources[0].resources", "must be a list"),
        Wrong(text("- resources: [[secrets]]\n  providers: [identity: {}]\n"), "resources[0].resources[0]", "must be text"),
        Wrong(text("- resources: [secrets]\n"), "resources[0].providers", "at least one provider"),
        Wrong(text("- resources: [secrets]\n  providers:\n"), "resources[0].providers", "at least one provider"),
    ]

    static let wrongProviders: [Wrong] = [
        Wrong(provider("{}"), "resources[0].providers[0]", "one of aescbc, aesgcm, identity, kms, secretbox"),
        Wrong(provider("rot13: {}"), "resources[0].providers[0]", "\"rot13\" isn't known"),
        Wrong(provider("{identity: {}, aesgcm: {keys: [\(key())]}}"), "resources[0].providers[0]", "split it"),
        Wrong(provider("{identity: }"), "resources[0].providers[0].identity", "{}"),
        Wrong(provider("identity: {keys: []}"), "resources[0].providers[0].identity", "nothing is to be set"),
        Wrong(provider("aesgcm: {}"), "resources[0].providers[0].aesgcm.keys", "at least one key"),
        Wrong(provider("identity: {}, aescbc: {keys: []}"), "resources[0].providers[1].aescbc.keys", "at least one key"),
        Wrong(provider("aesgcm: {keys: [{secret: \(secret32)}]}"), "resources[0].providers[0].aesgcm.keys[0].name", "needs a name"),
        Wrong(provider("aesgcm: {keys: [{name: a}]}"), "resources[0].providers[0].aesgcm.keys[0].secret", "needs a secret"),
        Wrong(provider("aesgcm: {keys: [{name: a, secret: 'not base64'}]}"), "resources[0].providers[0].aesgcm.keys[0].secret", "base64"),
        Wrong(
            provider("aesgcm: {keys: [\(key()), {name: a, secret: QUFB}]}"), "resources[0].providers[0].aesgcm.keys[1].secret",
            "3 bytes; allowed: 16, 24, 32"),
        Wrong(
            provider("aescbc: {keys: [{name: a, secret: QUFB}]}"), "resources[0].providers[0].aescbc.keys[0].secret", "3 bytes; allowed: 16, 24, 32"),
        Wrong(provider("secretbox: {keys: [\(key(secret16))]}"), "resources[0].providers[0].secretbox.keys[0].secret", "16 bytes; allowed: 32"),
    ]

    static func kms(_ fields: String) -> String { provider("kms: {apiVersion: v2, \(fields)}") }

    static let wrongKMS: [Wrong] = [
        Wrong(provider("kms: {name: a, endpoint: 'unix:///a'}"), "resources[0].providers[0].kms.apiVersion", "v1"),
        Wrong(provider("kms: {apiVersion: v3, name: a, endpoint: 'unix:///a'}"), "resources[0].providers[0].kms.apiVersion", "\"v3\""),
        Wrong(kms("endpoint: 'unix:///a'"), "resources[0].providers[0].kms.name", "needs a name"),
        Wrong(kms("name: 'a:b', endpoint: 'unix:///a'"), "resources[0].providers[0].kms.name", "colon"),
        Wrong(kms("name: a"), "resources[0].providers[0].kms.endpoint", "needs an endpoint"),
        Wrong(kms("name: a, endpoint: 'tcp://localhost:1'"), "resources[0].providers[0].kms.endpoint", "not a Unix socket"),
        Wrong(kms("name: a, endpoint: 'unix:///@a'"), "resources[0].providers[0].kms.endpoint", "abstract"),
        Wrong(kms("name: a, endpoint: 'unix:///a', timeout: 3"), "resources[0].providers[0].kms.timeout", "no duration"),
        Wrong(kms("name: a, endpoint: 'unix:///a', timeout: -1s"), "resources[0].providers[0].kms.timeout", "longer than nothing"),
        Wrong(kms("name: a, endpoint: 'unix:///a', cachesize: 10"), "resources[0].providers[0].kms.cachesize", "no cache size"),
        Wrong(
            text(
                entry("secrets", "kms: {apiVersion: v2, name: a, endpoint: 'unix:///a'}")
                    + entry("configmaps", "kms: {apiVersion: v2, name: a, endpoint: 'unix:///b'}")), "resources[1].providers[0].kms.name", "unique"),
    ]

    static func resources(_ lists: String...) -> String { text(lists.map { entry($0, "identity: {}") }.joined()) }

    static let wrongResources: [Wrong] = [
        Wrong(resources("''"), "resources[0].resources[0]", "empty"),
        Wrong(resources("Secrets"), "resources[0].resources[0]", "capital"),
        Wrong(resources("'*'"), "resources[0].resources[0]", "\"*.\""),
        Wrong(resources("serviceipallocations"), "resources[0].resources[0]", "not served"),
        Wrong(resources("events.events.k8s.io"), "resources[0].resources[0]", "use \"events\""),
        Wrong(resources("'*.extensions'"), "resources[0].resources[0]", "gone"),
        Wrong(resources("secrets.*"), "resources[0].resources[0]", "all groups"),
        Wrong(resources("secrets, secrets"), "resources[0].resources", "twice"),
        Wrong(resources("secrets, '*.'"), "resources[0].resources", "covered by \"*.\""),
        Wrong(resources("'*.*', deployments.apps"), "resources[0].resources", "covered by \"*.*\""),
        Wrong(resources("'*.'", "secrets"), "resources[1].resources[0]", "masked by \"*.\""),
        Wrong(resources("'*.*'", "'*.apps'"), "resources[1].resources[0]", "masked by \"*.*\""),
        Wrong(resources("secrets", "'*.apps'", "configmaps, deployments.apps"), "resources[2].resources[1]", "masked by \"*.apps\""),
    ]

    @Test("What is wrong is told by its path", arguments: wrongForms + wrongProviders + wrongKMS + wrongResources)
    func refuses(_ wrong: Wrong) async throws {
        let error = try await thrown(EncryptionConfigurationError.self) { try EncryptionConfiguration(parsing: wrong.text, source: "enc.yaml") }
        #expect(error.problems.contains { $0.path == wrong.path && $0.message.contains(wrong.says) }, "\(error)")
        #expect(error.description.hasPrefix("enc.yaml: "))
    }

    static let rightResources = [
        resources("secrets"), resources("secrets", "'*.'"), resources("deployments.apps, '*.'", "'*.*'"), resources("'*.apps', '*.'"),
        resources("secrets", "secrets"), resources("secrets.example.com, secrets"),
    ]

    @Test("Resources that don't contradict each other are taken", arguments: rightResources)
    func accepts(_ text: String) throws {
        _ = try EncryptionConfiguration(parsing: text)
    }

    @Test("All that is wrong is told at once, with its line, and no secret is shown")
    func tellsAll() async throws {
        let text = """
            apiVersion: apiserver.config.k8s.io/v1
            kind: EncryptionConfiguration
            resources:
            - resources: [secrets]
              providers:
              - aesgcm:
                  keys:
                  - name: key1
                    secret: "hush hush"
                  - nam: key2
                    secret: \(Self.secret32)
            """
        let error = try await thrown(EncryptionConfigurationError.self) { try EncryptionConfiguration(parsing: text) }
        #expect(error.problems.map(\.line) == [9, 10])
        #expect(!error.description.contains("hush") && !error.description.contains(Self.secret32))
        let broken = try await thrown(EncryptionConfigurationError.self) {
            try EncryptionConfiguration(parsing: text.replacing("\"hush hush\"", with: "\"hush hush"))
        }
        #expect(!broken.description.contains("hush") && !broken.description.contains(Self.secret32))
    }

    #if !Secretbox
    @Test("secretbox is refused by a program that was built without it, naming the remedy")
    func needsTheTrait() async throws {
        let text = Self.provider("secretbox: {keys: [\(Self.key())]}")
        let error = try await thrown(EncryptionConfigurationError.self) { try EncryptionConfiguration(parsing: text) }
        #expect(error.problems.map(\.path) == ["resources[0].providers[0].secretbox"])
        #expect(error.description.contains("trait Secretbox"))
    }
    #endif

    @Test("A kms provider needs a client of such services")
    func needsKeyManagement() async throws {
        let configuration = try EncryptionConfiguration(parsing: Self.kms("name: a, endpoint: 'unix:///a'"))
        let error = try await thrown(EncryptionConfigurationError.self) {
            try EncryptionTransformers(configuration: configuration, logger: Logger(label: "test"))
        }
        #expect(error.problems.map(\.path) == ["resources[0].providers[0].kms"])
    }

    // MARK: Which entry is whose

    static let rules = text(
        entry("secrets, deployments.apps", "aesgcm: {keys: [\(key(name: "exact"))]}")
            + entry("'*.apps', '*.'", "aesgcm: {keys: [\(key(name: "group"))]}")
            + entry("jobs.batch", "aescbc: {keys: [\(key(name: "second"))]}")
            + entry("jobs.batch", "identity: {}")
            + entry("'*.*'", "aesgcm: {keys: [\(key(name: "all"))]}"))

    static let owners: [(String, String, String)] = [
        ("", "secrets", "k8s:enc:aesgcm:v1:exact:"), ("apps", "deployments", "k8s:enc:aesgcm:v1:exact:"),
        ("apps", "replicasets", "k8s:enc:aesgcm:v1:group:"), ("", "configmaps", "k8s:enc:aesgcm:v1:group:"),
        ("batch", "jobs", "k8s:enc:aescbc:v1:second:"), ("batch", "cronjobs", "k8s:enc:aesgcm:v1:all:"),
        ("example.com", "secrets", "k8s:enc:aesgcm:v1:all:"),
    ]

    @Test("The most exact name decides, whatever the order", arguments: owners)
    func finds(group: String, resource: String, prefix: String) async throws {
        let transformers = try EncryptionTransformers(configuration: EncryptionConfiguration(parsing: Self.rules), logger: Logger(label: "test"))
        let stored = try await transformers.transformer(for: GroupResource(group: group, resource: resource))
            .transformToStorage([1], authenticatedData: [2])
        #expect(stored.starts(with: prefix.utf8))
    }

    @Test("Providers of two entries for one resource follow each other, and the first writes")
    func joins() async throws {
        let transformers = try EncryptionTransformers(configuration: EncryptionConfiguration(parsing: Self.rules), logger: Logger(label: "test"))
        let jobs = transformers.transformer(for: GroupResource(group: "batch", resource: "jobs"))
        #expect(try await jobs.transformFromStorage([1], authenticatedData: [2]) == TransformedValue(bytes: [1], isStale: true))
    }

    @Test("A resource that no entry names is stored in clear")
    func leavesOthers() async throws {
        let transformers = try EncryptionTransformers(
            configuration: EncryptionConfiguration(parsing: Self.resources("secrets")), logger: Logger(label: "test"))
        #expect(transformers.transformer(for: GroupResource(group: "", resource: "pods")) is IdentityTransformer)
    }
}
