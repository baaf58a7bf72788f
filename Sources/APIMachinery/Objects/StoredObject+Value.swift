//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension StoredObject {
    /// Parses the whole object and sets `metadata.resourceVersion` to the object's version, unless that is zero. The member goes where
    /// ``write(into:)`` puts it. Costs a full parse; ask only when the tree is needed.
    /// - Throws: ``JSONError`` when the bytes aren't JSON.
    public func value() throws(JSONError) -> JSONValue {
        var value = try JSONValue(parsing: bytes)
        guard !resourceVersion.isZero, var root = value.objectValue else { return value }
        let version = JSONValue.string(resourceVersion.description)
        switch root["metadata"] {
        case nil:
            root["metadata"] = ["resourceVersion": version]
        case .object(var metadata)?:
            metadata.setResourceVersion(version)
            root["metadata"] = .object(metadata)
        default: return value
        }
        value = .object(root)
        return value
    }
}

extension JSONObject {
    /// Sets `resourceVersion` among an object's metadata in the place that both of upstream's layouts give it: after `uid` where members have
    /// their declared order, before it where keys are sorted, which shows in `uid` being the last.
    fileprivate mutating func setResourceVersion(_ version: JSONValue) {
        if self["resourceVersion"] == nil, let uid = members.firstIndex(where: { $0.key == "uid" }) {
            insert(Member(key: "resourceVersion", value: version), at: uid == count - 1 ? uid : uid + 1)
        } else {
            self["resourceVersion"] = version
        }
    }
}
