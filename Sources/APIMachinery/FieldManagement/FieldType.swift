//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What a value is to those who manage its fields.
enum FieldType {
    /// One value, whatever it is made of.
    case leaf
    /// An object whose members are fields.
    case object(ObjectSchema)
    /// Members of any name, each a field.
    case map(ObjectSchema.Shape)
    /// A list of plain values, each a field.
    case set
    /// A list of objects, each a field, told apart by some of their members.
    case list(keys: [String], element: ObjectSchema.Shape)
    /// Found out from the value: objects are maps, everything else is a leaf.
    case deduced

    /// The type of a member; nil when the type doesn't know it.
    func known(member name: String) -> FieldType? {
        switch self {
        case .object(let schema): schema.field(name)?.shape.fieldType
        case .leaf, .map, .set, .list, .deduced: nil
        }
    }

    /// The type of a member.
    func member(_ name: String) -> FieldType {
        switch self {
        case .map(let shape): shape.fieldType
        default: known(member: name) ?? .deduced
        }
    }

    /// The type of a list's elements.
    var element: FieldType {
        if case .list(_, let shape) = self { shape.fieldType } else { .leaf }
    }

    /// How an element of a list is told apart from the others.
    /// - Throws: ``ManagedFieldsError`` for an element that has no key, or isn't a plain value in a set.
    func pathElement(of item: JSONValue) throws(ManagedFieldsError) -> PathElement {
        guard case .list(let keys, let shape) = self else {
            switch item {
            case .string, .integer, .double, .bool: return .value(item)
            case .null, .array, .object:
                throw ManagedFieldsError("a set must have plain values as elements, found \(item.briefDescription)")
            }
        }
        guard case .object(let object) = item else {
            throw ManagedFieldsError("a list with keys must have objects as elements, found \(item.briefDescription)")
        }
        let schema = shape.objectSchema
        var members: [JSONObject.Member] = []
        for key in keys {
            guard let value = object[key] ?? schema?.field(key)?.defaultValue else { continue }
            members.append(JSONObject.Member(key: key, value: value))
        }
        guard !members.isEmpty else {
            throw ManagedFieldsError("an element has none of the keys by which its list is told apart: \(keys.joined(separator: ", "))")
        }
        return .key(members.sorted { Order(bytesOf: $0.key, $1.key) == .before })
    }

    /// A list's elements by how they are told apart, in order. More than one under an element is a mistake that is tolerated.
    func grouped(_ items: [JSONValue]) throws(ManagedFieldsError) -> [(element: PathElement, items: [JSONValue])] {
        var keyed: [(element: PathElement, items: [JSONValue])] = []
        keyed.reserveCapacity(items.count)
        for item in items { keyed.append((try pathElement(of: item), [item])) }
        // Equal elements must keep their order, which sort doesn't promise.
        let places = keyed.indices.sorted { left, right in
            let order = keyed[left].element.order(to: keyed[right].element)
            return order == .same ? left < right : order == .before
        }
        var groups: [(element: PathElement, items: [JSONValue])] = []
        for place in places {
            if let last = groups.indices.last, groups[last].element == keyed[place].element {
                groups[last].items += keyed[place].items
            } else {
                groups.append(keyed[place])
            }
        }
        return groups
    }
}

extension ObjectSchema {
    /// What an object of this type is to those who manage its fields.
    var fieldType: FieldType { isAtomic ? .leaf : .object(self) }
}

extension ObjectSchema.Shape {
    /// What a value of this shape is to those who manage its fields.
    var fieldType: FieldType {
        switch self {
        case .string, .int32, .int64, .double, .boolean, .intOrString, .quantity, .timestamp, .bytes: .leaf
        case .any: .deduced
        case .array(_, .atomic): .leaf
        case .array(_, .set): .set
        case .array(let element, .map(let keys)): .list(keys: keys, element: element)
        case .map(let element, let atomic): atomic ? .leaf : .map(element)
        case .object(let schema): schema.fieldType
        case .deferred(let schema): schema().fieldType
        }
    }
}
