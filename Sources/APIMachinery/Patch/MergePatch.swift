//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// JSON merge patches: `application/merge-patch+json`.
public enum MergePatch {
    /// Applies a patch: its members take the place of the existing ones, objects are merged at every depth, null removes a member, lists are
    /// replaced whole. Members keep their places; new ones go to the end in the patch's order.
    ///
    /// Source of the rule: RFC 7386.
    public static func apply(_ patch: JSONValue, to target: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var result = target.objectValue ?? JSONObject()
        for change in changes {
            if change.value.isNull {
                result[change.key] = nil
            } else {
                result[change.key] = apply(change.value, to: result[change.key] ?? .null)
            }
        }
        return .object(result)
    }
}
