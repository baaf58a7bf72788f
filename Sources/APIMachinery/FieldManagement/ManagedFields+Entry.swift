//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension ManagedFields.Entry {
    /// Reads one entry.
    /// - Parameter index: its place, for messages.
    init(json: JSONValue, index: Int) throws(ManagedFieldsError) {
        func text(_ name: String) throws(ManagedFieldsError) -> String {
            switch json[name] {
            case nil, .null: return ""
            case .string(let text): return text
            case .some(let other): throw ManagedFieldsError("managedFields[\(index)].\(name) must be a string, found \(other.briefDescription)")
            }
        }
        let operation = try text("operation")
        guard let operation = ManagedFields.Operation(rawValue: operation) else {
            throw ManagedFieldsError("managedFields[\(index)].operation must be Apply or Update, found \(operation.goQuoted)")
        }
        let apiVersion = try text("apiVersion")
        guard !apiVersion.isEmpty else { throw ManagedFieldsError("managedFields[\(index)].apiVersion must not be empty") }
        let type = try text("fieldsType")
        guard type == "FieldsV1" else {
            throw ManagedFieldsError("managedFields[\(index)].fieldsType must be FieldsV1, found \(type.goQuoted)")
        }
        let time = try text("time")
        self.init(
            manager: try text("manager"), operation: operation, apiVersion: apiVersion, time: Timestamp(parsing: time),
            subresource: try text("subresource"), fields: try FieldSet(fieldsV1: json["fieldsV1"] ?? [:]))
        guard time.isEmpty || self.time != nil else { throw ManagedFieldsError("managedFields[\(index)].time is no time: \(time.goQuoted)") }
    }

    /// The entry with its members in upstream's order, empty ones left out.
    var json: JSONValue {
        var members = identity
        if let time { members["time"] = .string(time.description) }
        members["fieldsType"] = "FieldsV1"
        members["fieldsV1"] = fields.fieldsV1
        // After the fields, unlike in the identity.
        if let subresource = members["subresource"] {
            members["subresource"] = nil
            members["subresource"] = subresource
        }
        return .object(members)
    }

    /// What tells entries apart.
    func isSameManager(as other: Self) -> Bool {
        Order(bytesOf: manager, other.manager) == .same && operation == other.operation && subresource == other.subresource
            && (operation == .apply || apiVersion == other.apiVersion)
    }

    /// The order in which entries are written.
    func order(to other: Self) -> Order {
        let criteria: [() -> Order] = [
            { Order(operation.rawValue, other.operation.rawValue) },
            { Order(seconds, other.seconds) },
            { Order(bytesOf: manager, other.manager) },
            { Order(bytesOf: apiVersion, other.apiVersion) },
            { Order(bytesOf: subresource, other.subresource) },
        ]
        for criterion in criteria {
            let order = criterion()
            if order != .same { return order }
        }
        return .same
    }

    /// The older one first; among those of the same second, by what upstream calls them inside, which is JSON.
    func ageOrder(to other: Self) -> Order {
        let times = Order(seconds, other.seconds)
        guard times == .same else { return times }
        func text(_ entry: Self) -> String { String(decoding: JSONValue.object(entry.identity).serialized(), as: UTF8.self) }
        return Order(bytesOf: text(self), text(other))
    }

    private var seconds: Int64 { time?.secondsSinceEpoch ?? 0 }

    private var identity: JSONObject {
        var members = JSONObject()
        if !manager.isEmpty { members["manager"] = .string(manager) }
        members["operation"] = .string(operation.rawValue)
        members["apiVersion"] = .string(apiVersion)
        if !subresource.isEmpty { members["subresource"] = .string(subresource) }
        return members
    }
}
