//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

extension FieldSet {
    /// All fields that an object mentions: its leaves, the elements of its lists, and the members that its type doesn't name.
    ///
    /// Without a schema the shape is found out from the value, and lists are leaves.
    /// - Throws: ``ManagedFieldsError`` for list elements that can't be told apart.
    /// - Complexity: one walk over the object.
    ///
    /// Source of the rule: upstream structured-merge-diff TypedValue.ToFieldSet.
    public init(of object: JSONValue, schema: ObjectSchema?) throws(ManagedFieldsError) {
        self.init()
        var path: [PathElement] = []
        try collect(object, schema?.fieldType ?? .deduced, &path)
    }

    private mutating func collect(_ value: JSONValue, _ type: FieldType, _ path: inout [PathElement]) throws(ManagedFieldsError) {
        switch (type, value) {
        case (.leaf, _), (.deduced, .array), (.deduced, .string), (.deduced, .integer), (.deduced, .double), (.deduced, .bool):
            insert(path)
        case (.object, .object(let object)), (.map, .object(let object)), (.deduced, .object(let object)):
            for member in object.members {
                path.append(.field(member.key))
                try collect(member.value, type.member(member.key), &path)
                if member.value.isNull || member.value.objectValue?.isEmpty == true || type.known(member: member.key) == nil { insert(path) }
                path.removeLast()
            }
        case (.set, .array(let items)), (.list, .array(let items)):
            for (element, items) in try type.grouped(items) {
                path.append(element)
                if items.count == 1 { try collect(items[0], type.element, &path) }
                insert(path)
                path.removeLast()
            }
        default:
            // Null, or a value that its type doesn't allow: neither has fields.
            break
        }
    }
}

extension FieldSet {
    /// The set as its schema sees it now: where something is a leaf that was made of fields when the set was written, the leaf stands for all
    /// of them.
    ///
    /// Source of the rule: upstream structured-merge-diff ReconcileFieldSetWithSchema.
    func reconciled(with schema: ObjectSchema?) -> FieldSet {
        guard let schema else { return self }
        return reconciled(with: schema.fieldType)
    }

    fileprivate func reconciled(with type: FieldType) -> FieldSet {
        switch type {
        case .leaf, .set, .deduced: self
        case .object, .map, .list: mapNodes { $0.reconciled(with: type) }
        }
    }
}

extension FieldSet.Node {
    fileprivate func reconciled(with parent: FieldType) -> FieldSet.Node {
        guard !below.isEmpty, let type = type(in: parent) else { return self }
        if case .leaf = type { return FieldSet.Node(element: element, isMember: true, below: FieldSet()) }
        return FieldSet.Node(element: element, isMember: isMember, below: below.reconciled(with: type))
    }

    private func type(in parent: FieldType) -> FieldType? {
        switch (element, parent) {
        case (.field(let name), .map): parent.member(name)
        case (.field(let name), .object): parent.known(member: name)
        case (.key, .list): parent.element
        default: nil
        }
    }
}
