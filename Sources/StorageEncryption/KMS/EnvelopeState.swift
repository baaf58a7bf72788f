//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Which data key encrypts values now, and until when: decided from the service's statuses, without asking anybody.
///
/// A data key lives as long as the service names the same key: one for each run of this process and each key of the service. Reading
/// never depends on it; writing stops when the service has not been well for a while, because the key may have been revoked.
///
/// Source of the rule: upstream server/options/encryptionconfig, `rotateDEKOnKeyIDChange`.
struct EnvelopeState {
    /// What values are encrypted with.
    struct WriteKey: Sendable {
        var dataKey: DataKey
        var encrypted: EncryptedDataKey
        /// The message's fields after the sealed bytes.
        var trailer: [UInt8]
        var validUntil: ContinuousClock.Instant
    }

    enum Action: Equatable {
        /// Go on with the data key that there is.
        case keep
        /// Have a new data key encrypted.
        case generate
    }

    /// How long a data key may write after the service was last seen well.
    let lifetime: Duration
    private(set) var writeKey: WriteKey?
    /// Why the service isn't well; nil when it is.
    private(set) var failure: String? = "it has not been asked yet"

    init(lifetime: Duration) {
        self.lifetime = lifetime
    }

    /// The service is well and encrypts with a key. Counts from when it was asked, not from when it answered.
    mutating func statusSucceeded(keyID: String, askedAt: ContinuousClock.Instant) -> Action {
        guard var key = writeKey, key.encrypted.keyID == keyID else { return .generate }
        key.validUntil = askedAt + lifetime
        writeKey = key
        failure = nil
        return .keep
    }

    /// The service encrypted a new data key, which writes from now on if it is by the key that the status named.
    mutating func generated(
        _ dataKey: DataKey, encrypted: EncryptedDataKey, statusKeyID: String, askedAt: ContinuousClock.Instant
    ) -> Bool {
        if let problem = EncryptedObject.problem(with: encrypted) {
            failed("it encrypted a data key, but \(problem)")
            return false
        }
        guard encrypted.keyID == statusKeyID else {
            failed("its status names the key \"\(statusKeyID)\", but it encrypts with \"\(encrypted.keyID)\"")
            return false
        }
        writeKey = WriteKey(
            dataKey: dataKey, encrypted: encrypted, trailer: EncryptedObject.trailer(encrypted, kind: dataKey.kind),
            validUntil: askedAt + lifetime)
        failure = nil
        return true
    }

    mutating func failed(_ reason: String) { failure = reason }

    /// The key to write with.
    /// - Throws: `keyServiceUnavailable` when there is none, or it is too old.
    func current(at now: ContinuousClock.Instant) throws(EncryptionError) -> WriteKey {
        guard let writeKey else {
            throw EncryptionError(.keyServiceUnavailable, "there is no data key to write with: \(failure ?? "none was made")")
        }
        guard now < writeKey.validUntil else {
            throw EncryptionError(
                .keyServiceUnavailable,
                "the data key is too old to write with, because the key management service isn't well: \(failure ?? "no answer")")
        }
        return writeKey
    }

    /// Whether a value would be written otherwise today. Not known, so no, before there is a key to write with.
    func isStale(_ object: EncryptedObject) -> Bool {
        guard let writeKey else { return false }
        return object.dataKey.keyID != writeKey.encrypted.keyID || object.kind != writeKey.dataKey.kind
    }
}
