//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension FieldSet {
    /// Reads FieldsV1. Sorts of fields that aren't known are left out.
    /// - Throws: ``ManagedFieldsError`` naming what is no field.
    public init(fieldsV1 value: JSONValue) throws(ManagedFieldsError) {
        self = try Self.read(value).below
    }

    /// As FieldsV1: an object with a member for each field, the fields below it inside, and `.` for a field that is itself in the set with others
    /// below it. `.` comes first, then names, keys, values and places, each in their order.
    public var fieldsV1: JSONValue {
        .object(JSONObject(uniqueMembers: members))
    }

    private var members: [JSONObject.Member] {
        nodes.map { node in
            var members = node.below.members
            if node.isMember, !members.isEmpty { members.insert(JSONObject.Member(key: ".", value: [:]), at: 0) }
            return JSONObject.Member(key: node.element.description, value: .object(JSONObject(uniqueMembers: members)))
        }
    }

    /// What an object holds, and whether the field that it belongs to is in the set: it is when nothing is below it.
    private static func read(_ value: JSONValue) throws(ManagedFieldsError) -> (below: FieldSet, isMember: Bool) {
        if value.isNull { return (FieldSet(), true) }
        guard case .object(let object) = value else {
            throw ManagedFieldsError("a field's value must be an object, found \(value.briefDescription)")
        }
        var fields = FieldSet()
        var isMember = false
        for member in object.members {
            if member.key == "." {
                isMember = true
            } else if let element = try PathElement(parsing: member.key) {
                let (below, isMember) = try read(member.value)
                fields.add(Node(element: element, isMember: isMember, below: below))
            }
        }
        return (fields, isMember || fields.isEmpty)
    }
}
