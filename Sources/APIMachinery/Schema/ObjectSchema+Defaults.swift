//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension ObjectSchema {
    /// Puts the static defaults in place of absent members, at every depth: also into objects that are always written, and into those that
    /// a default itself brings.
    ///
    /// A member that is left out when empty counts as absent while it is empty, as in upstream's defaulting functions. Members that are
    /// put in find their place in the type's order if the value was in that order. Values of the wrong type are left alone. Costs nothing in subtrees without
    /// defaults.
    public func applyDefaults(_ value: inout JSONValue) {
        guard contents.hasDefaults, case .object(let object) = value else { return }
        let fields = contents.fields
        var slots = [JSONValue?](repeating: nil, count: fields.count)
        var others: [JSONObject.Member] = []
        var changed = false
        var cursor = 0
        for member in object.members {
            let found = fields[cursor...].firstIndex { $0.name == member.key } ?? fields[..<cursor].firstIndex { $0.name == member.key }
            guard let index = found else {
                others.append(member)
                continue
            }
            if index < cursor { changed = true }
            cursor = index + 1
            slots[index] = member.value
        }
        for (index, field) in fields.enumerated() {
            if Self.fill(&slots[index], field) { changed = true }
        }
        guard changed else { return }
        var members: [JSONObject.Member] = []
        members.reserveCapacity(object.count + 4)
        for (index, field) in fields.enumerated() {
            if let value = slots[index] { members.append(JSONObject.Member(key: field.name, value: value)) }
        }
        value = .object(JSONObject(uniqueMembers: members + others))
    }

    /// Defaults one member. Returns whether that may have changed something.
    private static func fill(_ slot: inout JSONValue?, _ field: Field) -> Bool {
        var changed = false
        let absent = slot.map { $0.isNull || (field.presence == .omitEmpty && $0.isEmptyValue) } ?? true
        if absent {
            if let defaultValue = field.defaultValue {
                slot = defaultValue
                changed = true
            } else if field.presence == .always, field.shape.hasDefaults, let schema = field.shape.objectSchema {
                slot = schema.zeroValue
                changed = true
            } else {
                return false
            }
        }
        guard field.shape.hasDefaults, var value = slot else { return changed }
        field.shape.applyDefaults(&value)
        slot = value
        return true
    }
}

extension ObjectSchema.Shape {
    fileprivate func applyDefaults(_ value: inout JSONValue) {
        switch self {
        case .object(let schema): schema.applyDefaults(&value)
        case .deferred(let schema): schema().applyDefaults(&value)
        case .array(let element, _):
            guard case .array(var elements) = value else { return }
            for index in elements.indices { element.applyDefaults(&elements[index]) }
            value = .array(elements)
        case .map(let element, _):
            guard case .object(let object) = value else { return }
            var members = object.members
            for index in members.indices { element.applyDefaults(&members[index].value) }
            value = .object(JSONObject(uniqueMembers: members))
        default: return
        }
    }
}
