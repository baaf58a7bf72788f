//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The shape of one object type: the single description from which typed decoding, member order, defaults, strategic merge patches and
/// OpenAPI documents are derived.
///
/// A schema is immutable and shares its contents, so copies cost a reference. A type that contains itself refers to itself
/// through ``Shape/deferred(_:)``.
public struct ObjectSchema: Sendable {
    /// The type's name, such as `io.k8s.api.apps.v1.DeploymentSpec`: what OpenAPI documents call it. Types of equal names must be equal.
    public var name: String { contents.name }
    /// What it is, in one line for a person.
    public var description: String { contents.description }
    /// The members, in the order in which they are written.
    public var fields: [Field] { contents.fields }
    /// Server-side apply owns the object as a whole rather than member by member.
    public var isAtomic: Bool { contents.isAtomic }
    /// The kinds that this type is the body of; empty for types that only occur inside others.
    public var kinds: [GroupVersionKind] { contents.kinds }

    let contents: Contents

    /// Describes a type.
    public init(_ name: String, description: String = "", isAtomic: Bool = false, kinds: [GroupVersionKind] = [], fields: [Field]) {
        contents = Contents(name: name, description: description, isAtomic: isAtomic, kinds: kinds, fields: fields)
    }

    /// The member of a name; nil when the type has none. Costs a scan over the members' names.
    public func field(_ name: String) -> Field? {
        contents.fields.first { $0.name == name }
    }

    final class Contents: Sendable {
        let name: String
        let description: String
        let isAtomic: Bool
        let kinds: [GroupVersionKind]
        let fields: [Field]
        /// Whether ``ObjectSchema/applyDefaults(_:)`` can change anything below: most subtrees are skipped on that account.
        let hasDefaults: Bool

        init(name: String, description: String, isAtomic: Bool, kinds: [GroupVersionKind], fields: [Field]) {
            self.name = name
            self.description = description
            self.isAtomic = isAtomic
            self.kinds = kinds
            self.fields = fields
            self.hasDefaults = fields.contains { $0.defaultValue != nil || $0.shape.hasDefaults }
        }
    }
}

extension ObjectSchema {
    /// One member of an object.
    public struct Field: Sendable {
        /// The member's name.
        public var name: String
        /// What it holds.
        public var shape: Shape
        /// When it is written.
        public var presence: Presence
        /// The API asks for it. Only documents say so: that it is missing is found by validation, which knows the context.
        public var required: Bool
        /// What stands for an absent value; nil for nothing. Dynamic defaults belong to the resource's own code.
        public var defaultValue: JSONValue?
        /// How a strategic merge patch changes it; nil for the shape's own way: objects and maps are merged, everything else is replaced.
        public var patch: PatchStrategy?
        /// The only texts there are; empty for any. For documents alone: validation is the resource's.
        public var allowedValues: [String]
        /// What it means, in one line for a person.
        public var description: String

        /// Describes a member. Without `presence`, objects and `any` are left out when absent, and everything else when it is empty too.
        public init(
            _ name: String, _ shape: Shape, _ presence: Presence? = nil, required: Bool = false, default defaultValue: JSONValue? = nil,
            patch: PatchStrategy? = nil, allowedValues: [String] = [], description: String = ""
        ) {
            self.name = name
            self.shape = shape
            self.presence = presence ?? shape.usualPresence
            self.required = required
            self.defaultValue = defaultValue
            self.patch = patch
            self.allowedValues = allowedValues
            self.description = description
        }
    }

    /// When a member is written: what Go's `omitempty`, pointers and plain values amount to.
    public enum Presence: Sendable, Hashable {
        /// Left out when it is null, `""`, 0, false, `[]` or an empty map.
        case omitEmpty
        /// Left out when it is absent or null; an explicit 0, false or `{}` stays.
        case omitAbsent
        /// Always written; an absent value becomes the shape's zero.
        case always
        /// Always written; an absent value becomes null.
        case alwaysNullable
    }

    /// What a member, an element or a map's value can be.
    public indirect enum Shape: Sendable {
        /// Text; the format is documentation.
        case string(format: String? = nil)
        /// A whole number of 32 bits.
        case int32
        /// A whole number of 64 bits.
        case int64
        /// A number.
        case double
        /// `true` or `false`.
        case boolean
        /// A whole number of 32 bits, or text such as `25%`.
        case intOrString
        /// An amount such as `100m` or `1Gi`; written in its canonical form.
        case quantity
        /// An RFC 3339 time; written in UTC with whole seconds.
        case timestamp
        /// Bytes in base64.
        case bytes
        /// Any JSON; kept as it is.
        case any
        /// A list.
        case array(Shape, ListType = .atomic)
        /// Members of any name, written in the order of their names' bytes. Server-side apply owns it as a whole when `atomic`.
        case map(Shape, atomic: Bool = false)
        /// An object of a known type.
        case object(ObjectSchema)
        /// An object whose type is asked for when it is needed: for types that contain themselves. The constant that holds such a type needs its
        /// type written out.
        case deferred(@Sendable () -> ObjectSchema)
    }

    /// What identifies a list's elements to server-side apply.
    public enum ListType: Sendable, Hashable {
        /// Nothing: the list is one value.
        case atomic
        /// Their value.
        case set
        /// The values of these members.
        case map(keys: [String])
    }

    /// How a strategic merge patch changes a member.
    public struct PatchStrategy: Sendable, Hashable {
        /// What is done with the patch's value.
        public enum Directive: String, Sendable, Hashable {
            /// It is merged into the existing one.
            case merge
            /// It takes the existing one's place.
            case replace
        }

        /// What is done with the value; nil for the shape's own way.
        public var directive: Directive?
        /// The member by which the elements of a merged list are told apart; nil for lists of plain values.
        public var mergeKey: String?
        /// The patch names in `$retainKeys` all the members that stay.
        public var retainsKeys: Bool

        /// A strategy.
        public init(_ directive: Directive?, mergeKey: String? = nil, retainsKeys: Bool = false) {
            self.directive = directive
            self.mergeKey = mergeKey
            self.retainsKeys = retainsKeys
        }

        /// Plain values, or an object's members, are merged.
        public static let merge = PatchStrategy(.merge)
        /// The patch's value takes the existing one's place.
        public static let replace = PatchStrategy(.replace)
        /// Members are merged, and those that `$retainKeys` doesn't name are removed.
        public static let retainKeys = PatchStrategy(nil, retainsKeys: true)
        /// Elements are merged by a member of theirs.
        public static func merge(key: String) -> PatchStrategy { PatchStrategy(.merge, mergeKey: key) }
        /// Elements are merged by a member of theirs, and each may say in `$retainKeys` what of it stays.
        public static func mergeRetainingKeys(key: String) -> PatchStrategy { PatchStrategy(.merge, mergeKey: key, retainsKeys: true) }
    }
}

extension ObjectSchema.Shape {
    /// The type behind an object or a reference to one; nil for everything else.
    public var objectSchema: ObjectSchema? {
        switch self {
        case .object(let schema): schema
        case .deferred(let schema): schema()
        default: nil
        }
    }

    var usualPresence: ObjectSchema.Presence {
        switch self {
        case .object, .deferred, .any, .timestamp, .intOrString, .quantity: .omitAbsent
        default: .omitEmpty
        }
    }

    var hasDefaults: Bool {
        switch self {
        case .object(let schema): schema.contents.hasDefaults
        // Asking a type that is still being initialized whether it has defaults would never end.
        case .deferred: true
        case .array(let element, _): element.hasDefaults
        case .map(let value, _): value.hasDefaults
        default: false
        }
    }
}
