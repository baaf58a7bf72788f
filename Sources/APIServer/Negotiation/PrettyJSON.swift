//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Indents JSON text that has no insignificant space, without making a tree of it.
enum PrettyJSON {
    /// Two spaces a level, one member a line, empty containers closed at once: Go's MarshalIndent.
    static func indent(_ compact: [UInt8]) -> [UInt8] {
        var pretty: [UInt8] = []
        pretty.reserveCapacity(compact.count * 2)
        var depth = 0
        var inString = false
        var index = 0
        while index < compact.count {
            let byte = compact[index]
            index += 1
            if inString {
                pretty.append(byte)
                if byte == UInt8(ascii: "\\"), index < compact.count {
                    pretty.append(compact[index])
                    index += 1
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""):
                inString = true
                pretty.append(byte)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                pretty.append(byte)
                if index < compact.count, compact[index] == byte + 2 {
                    pretty.append(compact[index])
                    index += 1
                } else {
                    depth += 1
                    newLine(&pretty, depth: depth)
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth = max(0, depth - 1)
                newLine(&pretty, depth: depth)
                pretty.append(byte)
            case UInt8(ascii: ","):
                pretty.append(byte)
                newLine(&pretty, depth: depth)
            case UInt8(ascii: ":"): pretty.append(contentsOf: [byte, UInt8(ascii: " ")])
            default: pretty.append(byte)
            }
        }
        return pretty
    }

    private static func newLine(_ bytes: inout [UInt8], depth: Int) {
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: depth * 2))
    }
}
