//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Metrics
public import Storage

/// Chooses among ciphers by the beginning of a stored value: the first writes, all read.
///
/// A value that another than the first would read is stale: the next update writes it anew, and so a new first key takes over by and by.
/// When ciphers share a prefix, each is tried in turn.
///
/// Source of the rule: upstream value.prefixTransformers.
public struct PrefixTransformers: ValueTransformer {
    /// A cipher and what the values it wrote begin with.
    public struct Entry: Sendable {
        /// The beginning, such as `k8s:enc:aesgcm:v1:key1:`; empty for values that aren't encrypted.
        public let prefix: [UInt8]
        /// What follows it.
        public let cipher: any ValueCipher
        let prefixText: String

        /// An entry.
        public init(prefix: String, cipher: any ValueCipher) {
            self.prefix = Array(prefix.utf8)
            prefixText = prefix
            self.cipher = cipher
        }
    }

    /// Space for a nonce, a tag and an envelope, so that sealed values rarely grow their array.
    private static let typicalOverhead = 64

    private let entries: [Entry]
    private let writer: Entry
    private let metrics: TransformationMetrics

    /// Transformers in the order of their precedence.
    /// - Parameters:
    ///   - resource: whose values they are, for metrics.
    ///   - metrics: where metrics go, under upstream's names (`apiserver_storage_transformation_…`); nil for the system's.
    /// - Precondition: there is at least one entry.
    public init(_ entries: [Entry], resource: GroupResource, metrics: (any MetricsFactory)? = nil) {
        precondition(!entries.isEmpty, "PrefixTransformers need an entry that writes")
        self.entries = entries
        writer = entries[0]
        self.metrics = TransformationMetrics(
            resource: resource.description, prefixes: entries.map(\.prefixText), factory: metrics ?? MetricsSystem.factory)
    }

    /// Reads a stored value with the entries that its beginning fits.
    /// - Throws: ``EncryptionError``; `StorageError` with `unreachable` when a key management service can't be asked now, so that a passing
    ///   failure isn't taken for a damaged value.
    public func transformFromStorage(_ stored: [UInt8], authenticatedData: [UInt8]) async throws -> TransformedValue {
        var failures: [EncryptionError] = []
        let start = ContinuousClock.now
        for (index, entry) in entries.enumerated() {
            guard stored.starts(with: entry.prefix) else { continue }
            switch await Self.open(stored, by: entry, authenticatedData: authenticatedData) {
            case .success(let value):
                metrics.read(index, since: start)
                return TransformedValue(bytes: value.bytes, isStale: value.isStale || index > 0)
            case .failure(let error):
                metrics.readFailed(entry.prefixText, error)
                failures.append(error)
            }
        }
        if let passing = failures.first(where: { $0.code == .keyServiceUnavailable }) { throw Self.unreachable(passing, authenticatedData) }
        guard failures.count != 1 else { throw failures[0] }
        guard !failures.isEmpty else {
            let error = EncryptionError(
                .noProvider,
                "the value was written by \(Self.writerName(of: stored)), and the encryption configuration has no provider and key of that name")
            metrics.readFailed(nil, error)
            throw error
        }
        throw EncryptionError(.unreadable, "no key that may fit reads the value: " + failures.map(\.message).joined(separator: "; "))
    }

    /// Makes the value to store with the first entry.
    /// - Throws: as ``transformFromStorage(_:authenticatedData:)`` does.
    public func transformToStorage(_ bytes: [UInt8], authenticatedData: [UInt8]) async throws -> [UInt8] {
        let start = ContinuousClock.now
        var stored: [UInt8] = []
        stored.reserveCapacity(writer.prefix.count + bytes.count + Self.typicalOverhead)
        stored.append(contentsOf: writer.prefix)
        do throws(EncryptionError) {
            try await writer.cipher.seal(bytes, authenticatedData: authenticatedData, into: &stored)
        } catch {
            metrics.writeFailed(writer.prefixText, error)
            if error.code == .keyServiceUnavailable { throw Self.unreachable(error, authenticatedData) }
            throw error
        }
        metrics.written(since: start)
        return stored
    }

    private static func open(_ stored: [UInt8], by entry: Entry, authenticatedData: [UInt8]) async -> Result<TransformedValue, EncryptionError> {
        do throws(EncryptionError) {
            return .success(try await entry.cipher.open(stored[entry.prefix.count...], authenticatedData: authenticatedData))
        } catch {
            return .failure(error)
        }
    }

    private static func unreachable(_ error: EncryptionError, _ key: [UInt8]) -> StorageError {
        StorageError(.unreachable, key: String(decoding: key, as: UTF8.self), message: error.message, cause: error, retryAfterSeconds: 1)
    }

    /// The provider and its key, such as "k8s:enc:aesgcm:v1:key1", never more of a value.
    private static func writerName(of stored: [UInt8]) -> String {
        guard stored.starts(with: EncryptionPrefix.all.utf8) else { return "nobody who encrypts" }
        let parts = stored.prefix(256).split(separator: UInt8(ascii: ":"), maxSplits: 5, omittingEmptySubsequences: false).prefix(5)
        return parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ":")
    }
}

/// What encrypted values begin with.
enum EncryptionPrefix {
    static let all = "k8s:enc:"
    static func key(_ provider: String, _ name: String) -> String { "\(all)\(provider):v1:\(name):" }
    static func keyManagement(_ name: String) -> String { "\(all)kms:v2:\(name):" }
}
