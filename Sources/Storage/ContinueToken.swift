//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// Where the next page of a list starts, and at which revision: what `metadata.continue` carries. Its bytes are upstream's, so that a list begun at
/// one server may go on at another kind of server.
///
/// Source of the rule: upstream storage.EncodeContinue and DecodeContinue.
public struct ContinueToken: Sendable, Hashable {
    /// The revision of the first page; ``latest`` goes on at the newest one, at the price of consistency.
    public var revision: Int64
    /// The first key that may be on the next page, whole.
    public var startKey: String

    /// Stands for "whatever is newest".
    public static let latest: Int64 = -1

    private static let version = "meta.k8s.io/v1"

    /// A token that goes on at a key.
    public init(revision: Int64, startKey: String) {
        self.revision = revision
        self.startKey = startKey
    }

    /// A token that goes on just after the last key that was looked at.
    public init(revision: Int64, after lastKey: String) {
        self.init(revision: revision, startKey: lastKey + "\0")
    }

    /// Reads a token.
    /// - Parameter keyPrefix: what the list is about, with a slash at its end. A token is relative to it, so it means another key in another list.
    /// - Throws: `invalidContinueToken` saying what is wrong with it.
    public init(parsing text: String, keyPrefix: String) throws(StorageError) {
        func invalid(_ reason: String, cause: (any Error)? = nil) -> StorageError {
            StorageError(
                .invalidContinueToken, message: "invalid continue token: \(reason); start the list again without it", cause: cause)
        }
        guard let bytes = Base64URL.decode(text) else { throw invalid("\"\(text)\" is not base64") }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw invalid("\"\(text)\" is not encoded JSON", cause: error)
        }
        let version = value["v"]?.stringValue ?? ""
        guard version == ContinueToken.version else { throw invalid("its version is \"\(version)\" instead of \"\(ContinueToken.version)\"") }
        guard let revision = value["rv"]?.integerValue, revision != 0 else { throw invalid("it has no resource version") }
        guard let start = value["start"]?.stringValue, !start.isEmpty else { throw invalid("it has no start key") }
        let suffix = start.hasPrefix("/") ? start.dropFirst() : start[...]
        // The suffix must not climb out of the prefix, nor be another spelling of some other key.
        let parts = suffix.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let isRelative = part.elementsEqual(".".utf8) || part.elementsEqual("..".utf8)
            guard !part.isEmpty, !isRelative else {
                throw invalid("part \(index + 1) of its start key \"\(start)\" is \"\(Substring(part))\"")
            }
        }
        self.init(revision: revision, startKey: keyPrefix + suffix)
    }

    /// The token's text.
    /// - Parameter keyPrefix: what the list is about.
    /// - Throws: `internalError` when the start key isn't below it.
    public func encoded(keyPrefix: String) throws(StorageError) -> String {
        guard startKey.utf8.starts(with: keyPrefix.utf8), startKey.utf8.count > keyPrefix.utf8.count else {
            throw StorageError(
                .internalError, key: startKey, message: "\"\(startKey)\" is not below \"\(keyPrefix)\": no token can say where to go on")
        }
        let start = String(decoding: startKey.utf8.dropFirst(keyPrefix.utf8.count), as: UTF8.self)
        let content: JSONValue = ["v": .string(ContinueToken.version), "rv": .integer(revision), "start": .string(start)]
        return Base64URL.encode(content.serialized())
    }
}
