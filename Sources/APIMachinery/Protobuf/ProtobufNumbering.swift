//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The protobuf field numbers of object types: with an ``ObjectSchema``, all that is needed to read the binary form of an object.
///
/// Clients such as `kubectl create` send built-in kinds in Kubernetes' protobuf form. The schema knows the names, types and order of the members; this
/// adds the numbers that stand for the names.
///
/// Source of the rule: upstream runtime/serializer/protobuf; the generated.proto files of the API groups.
public struct ProtobufNumbering: Sendable {
    enum Target: Sendable, Hashable {
        /// A member of the object.
        case member(String)
        /// A message whose members stand in the object itself: what Go embeds.
        case embedded(type: String)
    }

    private let types: [String: [UInt64: Target]]

    /// Numbers of types, package by package.
    /// - Parameter packages: for each package, such as `io.k8s.api.core.v1`, its types with their numbers in the form
    ///   `name=1 image=2`. A name with an `@` before it is a type of the same package that is embedded.
    public init(packages: [String: [String: String]]) {
        var types: [String: [UInt64: Target]] = [:]
        for (package, messages) in packages {
            for (message, text) in messages { types["\(package).\(message)"] = Self.targets(text, package: package) }
        }
        self.types = types
    }

    private static func targets(_ text: String, package: String) -> [UInt64: Target] {
        var targets: [UInt64: Target] = [:]
        for pair in text.split(separator: " ") {
            let halves = pair.split(separator: "=")
            guard halves.count == 2, let number = UInt64(halves[1]), targets[number] == nil else {
                preconditionFailure("\"\(pair)\" in \"\(text)\" is not a name and its own number")
            }
            let name = String(halves[0])
            targets[number] = name.hasPrefix("@") ? .embedded(type: "\(package).\(name.dropFirst())") : .member(name)
        }
        return targets
    }

    /// Whether objects of a type can be read.
    public func knows(_ schema: ObjectSchema) -> Bool { types[schema.name] != nil }

    /// The names of all members of a type, those of embedded types included; empty for an unknown type.
    package func memberNames(of type: String) -> [String] {
        (types[type] ?? [:]).values.flatMap { target in
            switch target {
            case .member(let name): [name]
            case .embedded(let type): memberNames(of: type)
            }
        }
    }

    func targets(of type: String) -> [UInt64: Target]? { types[type] }
}
