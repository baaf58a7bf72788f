//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry

/// What is particular about config maps: their keys, their size, and that they can be frozen.
///
/// Source of the rule: upstream registry/core/configmap and validation.ValidateConfigMap.
struct ConfigMapStrategy: Strategy {
    typealias Value = ConfigMap

    /// Most bytes of data, keys not counted.
    static let maximumSize = 1024 * 1024

    var allowsUnconditionalUpdate: Bool { true }

    func validateName(_ name: String, isPrefix: Bool) -> [String] { NameValidation.subdomainName(name, isPrefix) }

    func validate(_ object: ConfigMap, context: RequestContext) -> [FieldError] {
        var errors: [FieldError] = []
        for key in object.data.keys.sorted() {
            errors += ConfigMapKey.problems(key).map { .invalid("data[\(key)]", .string(key), $0) }
            if object.binaryData[key] != nil {
                errors.append(.invalid("data[\(key)]", .string(key), "duplicate of key present in binaryData"))
            }
        }
        for key in object.binaryData.keys.sorted() {
            errors += ConfigMapKey.problems(key).map { .invalid("binaryData[\(key)]", .string(key), $0) }
        }
        let size = object.data.values.reduce(0) { $0 + $1.utf8.count } + object.binaryData.values.reduce(0) { $0 + Self.decodedSize($1) }
        if size > Self.maximumSize { errors.append(.tooLong("", maximumBytes: Self.maximumSize)) }
        return errors
    }

    func validateUpdate(_ new: ConfigMap, old: ConfigMap, context: RequestContext) -> [FieldError] {
        var errors: [FieldError] = []
        if old.immutable == true {
            let detail = "field is immutable when `immutable` is set"
            if new.immutable != true { errors.append(.forbidden("immutable", detail)) }
            if new.data != old.data { errors.append(.forbidden("data", detail)) }
            if new.binaryData != old.binaryData { errors.append(.forbidden("binaryData", detail)) }
        }
        return errors + validate(new, context: context)
    }

    /// How many bytes a base64 text stands for.
    private static func decodedSize(_ text: String) -> Int {
        let padding = text.utf8.suffix(2).count { $0 == UInt8(ascii: "=") }
        return max(0, text.utf8.count / 4 * 3 - padding)
    }
}

/// Keys of config maps (and of secrets): they become file names.
enum ConfigMapKey {
    static let maximumLength = 253

    static func problems(_ key: String) -> [String] {
        var problems: [String] = []
        if key.utf8.count > maximumLength { problems.append("must be no more than \(maximumLength) bytes") }
        let isWellFormed = key.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        if key.isEmpty || !isWellFormed {
            problems.append("a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name')")
        }
        if key == "." {
            problems.append("must not be '.'")
        } else if key == ".." {
            problems.append("must not be '..'")
        } else if key.hasPrefix("..") {
            problems.append("must not start with '..'")
        }
        return problems
    }
}
