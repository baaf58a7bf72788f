//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// The message that a KMS v2 value is: the sealed bytes beside the encrypted data key that opens them.
///
/// Source of the rule: upstream value/encrypt/envelope/kmsv2, `EncryptedObject`.
struct EncryptedObject: Equatable {
    static let maximumKeyIDSize = 1024
    static let maximumDataKeySize = 1024
    static let maximumAnnotationsSize = 32 * 1024

    private enum Field {
        static let encryptedData: UInt8 = 1
        static let keyID: UInt8 = 2
        static let encryptedDEKSource: UInt8 = 3
        static let annotations: UInt8 = 4
        static let encryptedDEKSourceType: UInt8 = 5
    }

    /// The sealed bytes.
    var data: ArraySlice<UInt8>
    var dataKey: EncryptedDataKey
    var kind: DataKey.Kind

    /// Reads a message and checks it as upstream does.
    init(parsing bytes: ArraySlice<UInt8>) throws(EncryptionError) {
        var data: ArraySlice<UInt8> = []
        var dataKey = EncryptedDataKey(ciphertext: [], keyID: "")
        var type: UInt64 = 0
        do {
            try ProtobufFields.read(bytes) { number, payload throws(ProtobufError) in
                switch UInt8(truncatingIfNeeded: min(number, 255)) {
                case Field.encryptedData: data = try ProtobufFields.bytes(payload)
                case Field.keyID: dataKey.keyID = try ProtobufFields.text(payload)
                case Field.encryptedDEKSource: dataKey.ciphertext = Array(try ProtobufFields.bytes(payload))
                case Field.annotations:
                    let entry = try ProtobufFields.entry(payload)
                    dataKey.annotations[entry.key] = entry.value
                case Field.encryptedDEKSourceType: type = try ProtobufFields.number(payload)
                default: break
                }
            }
        } catch {
            throw EncryptionError(.unreadable, "the value is no EncryptedObject message: \(error.message)")
        }
        guard let kind = DataKey.Kind(rawValue: type) else {
            throw EncryptionError(.unreadable, "the value's data key is of the type \(type), which this version doesn't know")
        }
        guard !data.isEmpty else { throw EncryptionError(.unreadable, "the value's message holds no encrypted data") }
        if let problem = Self.problem(with: dataKey) { throw EncryptionError(.unreadable, "the value's data key is invalid: \(problem)") }
        self.data = data
        self.dataKey = dataKey
        self.kind = kind
    }

    /// Appends a message whose first field is `count` bytes, which `seal` appends.
    static func append(
        count: Int, trailer: [UInt8], to stored: inout [UInt8], seal: (inout [UInt8]) throws(EncryptionError) -> Void
    ) throws(EncryptionError) {
        ProtobufWriter.appendHeader(Field.encryptedData, count: count, to: &stored)
        try seal(&stored)
        stored.append(contentsOf: trailer)
    }

    /// The fields after the sealed bytes: the same for every value of a data key.
    static func trailer(_ dataKey: EncryptedDataKey, kind: DataKey.Kind) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.field(Field.keyID, dataKey.keyID)
        writer.field(Field.encryptedDEKSource, dataKey.ciphertext)
        writer.field(Field.annotations, dataKey.annotations)
        writer.field(Field.encryptedDEKSourceType, kind.rawValue)
        return writer.bytes
    }

    /// What is wrong with a service's answer; nil when nothing is.
    static func problem(with key: EncryptedDataKey) -> String? {
        if let problem = problem(withKeyID: key.keyID) { return problem }
        guard !key.ciphertext.isEmpty else { return "the encrypted data key is empty" }
        guard key.ciphertext.count <= maximumDataKeySize else {
            return "the encrypted data key has \(key.ciphertext.count) bytes; \(maximumDataKeySize) are allowed"
        }
        var size = 0
        for (name, value) in key.annotations {
            size += name.utf8.count + value.count
            guard isDomainName(name) else { return "the annotation \"\(name)\" isn't named by a domain such as key.example.com" }
        }
        guard size <= maximumAnnotationsSize else { return "the annotations have \(size) bytes; \(maximumAnnotationsSize) are allowed" }
        return nil
    }

    /// What is wrong with a key's identity; nil when nothing is.
    static func problem(withKeyID keyID: String) -> String? {
        guard !keyID.isEmpty else { return "the key ID is empty" }
        guard keyID.utf8.count <= maximumKeyIDSize else { return "the key ID has \(keyID.utf8.count) bytes; \(maximumKeyIDSize) are allowed" }
        return nil
    }

    private static func isDomainName(_ name: String) -> Bool {
        let plain = name.hasSuffix(".") ? String(name.dropLast()) : name
        let labels = plain.split(separator: ".", omittingEmptySubsequences: false)
        return NameValidation.dnsSubdomain(plain).isEmpty && labels.count > 1 && labels.allSatisfy { NameValidation.dnsLabel(String($0)).isEmpty }
    }
}
