//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// What a kind adds to the creation of its objects.
///
/// The store calls these in the order of their declaration, on its own copy of the object, and never concurrently for one request. They must be
/// quick and free of side effects: a create may be tried several times with different names.
///
/// Source of the rule: upstream rest.RESTCreateStrategy.
public protocol CreateStrategy<Value>: Sendable {
    /// The kind.
    associatedtype Value: APIResource

    /// A name that begins with `base`. It need not be free; the store tries again with another.
    func generateName(base: String) -> String
    /// Puts a new object into its initial state: generation 1, no status, whatever clients may not choose.
    func prepareForCreate(_ object: inout Value, context: RequestContext)
    /// What is wrong with a name, in words; empty for a good one. With `isPrefix` it is a `generateName`, which goes on.
    func validateName(_ name: String, isPrefix: Bool) -> [String]
    /// What is wrong with the object beyond its metadata, which the store checks itself.
    func validate(_ object: Value, context: RequestContext) -> [FieldError]
    /// What the client should know though nothing is wrong.
    func warningsOnCreate(_ object: Value, context: RequestContext) -> [String]
    /// Brings a valid object into the one form that is stored.
    func canonicalize(_ object: inout Value)
}

/// What a kind adds to changes of its objects.
///
/// Source of the rule: upstream rest.RESTUpdateStrategy.
public protocol UpdateStrategy<Value>: Sendable {
    /// The kind.
    associatedtype Value: APIResource

    /// Whether an update of a missing object creates it.
    var allowsCreateOnUpdate: Bool { get }
    /// Whether an update without a resource version overwrites whatever is there.
    var allowsUnconditionalUpdate: Bool { get }
    /// What ``prepareForUpdate(_:old:context:)`` always takes back, with everything below: nobody can come to manage it here.
    var resetFields: FieldSet { get }

    /// Takes back what the client may not change here, and raises the generation when the desired state changed. May be called several times
    /// for one request, each time with the newest `old`.
    func prepareForUpdate(_ new: inout Value, old: Value, context: RequestContext)
    /// What is wrong with the change beyond the metadata.
    func validateUpdate(_ new: Value, old: Value, context: RequestContext) -> [FieldError]
    /// What the client should know though nothing is wrong.
    func warningsOnUpdate(_ new: Value, old: Value, context: RequestContext) -> [String]
    /// Brings a valid object into the one form that is stored.
    func canonicalize(_ object: inout Value)
}

/// What becomes of an object's dependents when a delete doesn't say.
public enum GarbageCollectionPolicy: Sendable, Hashable {
    /// They are deleted in the background.
    case deleteDependents
    /// They stay, without an owner.
    case orphanDependents
    /// The kind takes no part in garbage collection.
    case unsupported
}

/// What a kind adds to the deletion of its objects.
///
/// Source of the rule: upstream rest.RESTDeleteStrategy with its optional parts.
public protocol DeleteStrategy<Value>: Sendable {
    /// The kind.
    associatedtype Value: APIResource

    /// What becomes of dependents when neither the request nor the object says.
    var defaultGarbageCollectionPolicy: GarbageCollectionPolicy { get }
    /// Whether objects of the kind get time to end. When false, ``checkGracefulDelete(_:options:)`` is never asked.
    var deletesGracefully: Bool { get }

    /// Whether this object gets time to end; if so, `options.gracePeriodSeconds` must be set afterwards.
    func checkGracefulDelete(_ object: inout Value, options: inout DeleteOptions) -> Bool
}

/// All that a kind adds to the store that serves it.
public protocol Strategy<Value>: CreateStrategy, UpdateStrategy, DeleteStrategy {
    /// The kind.
    associatedtype Value
}

extension CreateStrategy {
    /// The base cut to 58 characters, and five random ones.
    public func generateName(base: String) -> String { NameGenerator.generate(base: base) }
    /// Nothing to prepare.
    public func prepareForCreate(_ object: inout Value, context: RequestContext) {}
    /// Nothing is wrong.
    public func validate(_ object: Value, context: RequestContext) -> [FieldError] { [] }
    /// No warnings.
    public func warningsOnCreate(_ object: Value, context: RequestContext) -> [String] { [] }
    /// Stored as it is.
    public func canonicalize(_ object: inout Value) {}
}

extension UpdateStrategy {
    /// No.
    public var allowsCreateOnUpdate: Bool { false }
    /// No: clients say what they have seen.
    public var allowsUnconditionalUpdate: Bool { false }
    /// None.
    public var resetFields: FieldSet { FieldSet() }
    /// Nothing to prepare.
    public func prepareForUpdate(_ new: inout Value, old: Value, context: RequestContext) {}
    /// Nothing is wrong.
    public func validateUpdate(_ new: Value, old: Value, context: RequestContext) -> [FieldError] { [] }
    /// No warnings.
    public func warningsOnUpdate(_ new: Value, old: Value, context: RequestContext) -> [String] { [] }
    /// Stored as it is.
    public func canonicalize(_ object: inout Value) {}
}

extension DeleteStrategy {
    /// Dependents go in the background.
    public var defaultGarbageCollectionPolicy: GarbageCollectionPolicy { .deleteDependents }
    /// No.
    public var deletesGracefully: Bool { false }
    /// No.
    public func checkGracefulDelete(_ object: inout Value, options: inout DeleteOptions) -> Bool { false }
}

extension Strategy {
    /// Stored as it is.
    public func canonicalize(_ object: inout Value) {}
}
