//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// An object of which only the metadata leaves.
enum PartialObjectMetadata {
    private static let prefix = Array(#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":"#.utf8)

    /// Writes the object's metadata, cut out of its bytes, with the version in its place. An object whose bytes can't be read leaves with
    /// empty metadata.
    static func write(_ object: StoredObject, into buffer: inout [UInt8]) {
        var bytes = prefix
        if let range = JSONMembers.range(of: "metadata", in: object.bytes) {
            bytes.append(contentsOf: object.bytes[range])
        } else {
            bytes.append(contentsOf: "{}".utf8)
        }
        bytes.append(UInt8(ascii: "}"))
        StoredObject(key: object.key, bytes: bytes, resourceVersion: object.resourceVersion).write(into: &buffer)
    }
}

/// Finds members of a JSON object in its text.
enum JSONMembers {
    /// Where the value of a member of the outermost object is. The text must be well-formed; of one that isn't the answer may be nil or
    /// a wrong place, but never a place outside.
    static func range(of name: String, in bytes: [UInt8]) -> Range<Int>? {
        bytes.withUnsafeBufferPointer { bytes in
            var scanner = Scanner(bytes: bytes)
            guard scanner.skip(UInt8(ascii: "{")) else { return nil }
            while let key = scanner.string() {
                guard scanner.skip(UInt8(ascii: ":")), let value = scanner.value() else { return nil }
                if key.count == name.utf8.count, bytes[key].elementsEqual(name.utf8) { return value }
                guard scanner.skip(UInt8(ascii: ",")) else { return nil }
            }
            return nil
        }
    }

    private struct Scanner {
        let bytes: UnsafeBufferPointer<UInt8>
        var index = 0

        mutating func skipSpace() {
            while index < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[index]) { index += 1 }
        }

        mutating func skip(_ byte: UInt8) -> Bool {
            skipSpace()
            guard index < bytes.count, bytes[index] == byte else { return false }
            index += 1
            return true
        }

        /// What is between the quotes of the string that comes next.
        mutating func string() -> Range<Int>? {
            guard skip(UInt8(ascii: "\"")) else { return nil }
            let start = index
            while index < bytes.count {
                if bytes[index] == UInt8(ascii: "\"") {
                    index += 1
                    return start..<(index - 1)
                }
                index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
            }
            return nil
        }

        /// The value that comes next.
        mutating func value() -> Range<Int>? {
            skipSpace()
            let start = index
            var depth = 0
            while index < bytes.count {
                switch bytes[index] {
                case UInt8(ascii: "\""):
                    guard string() != nil else { return nil }
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 0 { return start..<index }
                    if bytes[index] != UInt8(ascii: ",") { depth -= 1 }
                default: break
                }
                index += 1
            }
            return nil
        }
    }
}
