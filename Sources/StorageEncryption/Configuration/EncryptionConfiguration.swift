//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Which resources are encrypted by what: upstream's `EncryptionConfiguration` (`apiserver.config.k8s.io/v1`).
///
/// Within an entry the first provider, and its first key, write; all read. Resources that no entry names are stored in clear.
public struct EncryptionConfiguration: Sendable, Hashable {
    /// Resources that are treated alike.
    public struct Entry: Sendable, Hashable {
        /// Names such as `secrets` and `deployments.apps`; `*.apps` for a group, `*.` for the core group, `*.*` for everything.
        public var resources: [String]
        /// In the order of precedence.
        public var providers: [Provider]

        /// An entry.
        public init(resources: [String], providers: [Provider]) {
            self.resources = resources
            self.providers = providers
        }
    }

    /// One way to store values.
    public enum Provider: Sendable, Hashable {
        /// In clear.
        case identity
        /// AES-GCM, with keys of 16, 24 or 32 bytes.
        case aesgcm([Key])
        /// AES-CBC, with keys of 16, 24 or 32 bytes. Not authenticated.
        case aescbc([Key])
        /// XSalsa20-Poly1305, with keys of 32 bytes. Needs the package trait `Secretbox`.
        case secretbox([Key])
        /// Envelope encryption by a key management service.
        case kms(KMS)
    }

    /// A key and its name, which is stored with every value that it encrypts.
    public struct Key: Sendable, Hashable, CustomStringConvertible {
        /// The name.
        public var name: String
        /// The key's bytes.
        public var secret: [UInt8]

        /// A key.
        public init(name: String, secret: [UInt8]) {
            self.name = name
            self.secret = secret
        }

        /// The name alone.
        public var description: String { "key \"\(name)\"" }
    }

    /// A KMS v2 plugin.
    public struct KMS: Sendable, Hashable {
        /// The name, which is stored with every value. Unique in a configuration.
        public var name: String
        /// Where it listens, as in `unix:///run/kms.sock`.
        public var endpoint: String
        /// How long a call may take.
        public var timeout: Duration

        /// A plugin.
        public init(name: String, endpoint: String, timeout: Duration = .seconds(3)) {
            self.name = name
            self.endpoint = endpoint
            self.timeout = timeout
        }
    }

    /// The entries. Earlier ones come first where two name the same resource.
    public let entries: [Entry]

    /// A configuration.
    /// - Throws: all that is wrong with it.
    public init(entries: [Entry]) throws(EncryptionConfigurationError) {
        try self.init(entries: entries, problems: [], source: nil)
    }

    init(entries: [Entry], problems: [EncryptionConfigurationError.Problem], source: String?) throws(EncryptionConfigurationError) {
        self.entries = entries
        // What could not be read would only cause more complaints.
        let all = problems.isEmpty ? EncryptionConfigurationChecks.problems(with: entries) : problems
        guard all.isEmpty else { throw EncryptionConfigurationError(source: source, problems: all) }
    }

    /// Reads upstream's file format: YAML, or JSON.
    /// - Parameter source: names the text in errors, such as a file's path.
    /// - Throws: all that is wrong with it, by path and line. Secrets aren't shown.
    public init(parsing text: String, source: String? = nil) throws(EncryptionConfigurationError) {
        var reader = EncryptionConfigurationReader()
        let entries = reader.read(text)
        try self.init(entries: entries, problems: reader.problems, source: source)
    }

    /// The plugins that are named.
    var keyManagementServices: [KMS] {
        entries.flatMap(\.providers).compactMap { if case .kms(let kms) = $0 { kms } else { nil } }
    }
}
