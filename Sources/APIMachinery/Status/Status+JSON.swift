//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension Status: CustomStringConvertible {
    /// The object that is sent: `kind`, `apiVersion`, `metadata`, `status`, then what there is of `message`, `reason`, `details` and `code`.
    public func json() -> JSONValue {
        var object: JSONObject = ["kind": "Status", "apiVersion": "v1"]
        object["metadata"] = continueToken.map { ["continue": .string($0)] } ?? [:]
        object["status"] = isFailure ? "Failure" : "Success"
        object.setText("message", message)
        object.setText("reason", reason.rawValue)
        object["details"] = details?.json()
        // Upstream's own successes carry no code.
        if isFailure { object["code"] = .integer(Int64(code)) }
        return .object(object)
    }

    /// The text of ``json()``.
    public func serialized() -> [UInt8] { json().serialized() }

    /// Code, reason and message, for logs.
    public var description: String { "\(code)\(reason.rawValue.isEmpty ? "" : " \(reason.rawValue)"): \(message)" }
}

extension Status.Details {
    /// The object that is sent; empty members are left out.
    func json() -> JSONValue {
        var object = JSONObject()
        object.setText("name", name)
        object.setText("group", group)
        object.setText("kind", kind)
        object.setText("uid", uid)
        if !causes.isEmpty { object["causes"] = .array(causes.map { $0.json() }) }
        if retryAfterSeconds != 0 { object["retryAfterSeconds"] = .integer(Int64(retryAfterSeconds)) }
        return .object(object)
    }
}

extension Status.Cause {
    /// The object that is sent; empty members are left out.
    func json() -> JSONValue {
        var object = JSONObject()
        object.setText("reason", type)
        object.setText("message", message)
        object.setText("field", field)
        return .object(object)
    }
}

extension JSONObject {
    /// Sets a member unless its text is empty.
    fileprivate mutating func setText(_ key: String, _ text: String) {
        if !text.isEmpty { self[key] = .string(text) }
    }
}
