//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

extension JSONValue {
    /// Changes a member in place; nothing happens when it is absent or null.
    mutating func changeMember(_ key: String, _ body: (inout JSONValue) -> Void) {
        guard var member = self[key], !member.isNull else { return }
        body(&member)
        self[key] = member
    }

    /// Changes each element of a member that is a list.
    mutating func changeElements(_ key: String, _ body: (inout JSONValue) -> Void) {
        changeMember(key) { list in
            guard case .array(var elements) = list else { return }
            for index in elements.indices { body(&elements[index]) }
            list = .array(elements)
        }
    }
}
