//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// A write that is about to happen, as admission sees it.
public struct AdmissionRequest: Sendable {
    /// What is asked for.
    public enum Operation: String, Sendable, Hashable {
        /// A new object.
        case create = "CREATE"
        /// A changed object.
        case update = "UPDATE"
        /// One object less.
        case delete = "DELETE"
    }

    /// What is asked for.
    public var operation: Operation
    /// Of which resource.
    public var resource: ResourceDescription
    /// The object's name; empty while it isn't generated yet.
    public var name: String
    /// The new object; nil for a delete.
    public var object: (any APIResource)?
    /// The existing object; nil for a create, and for ``AdmissionPlugin/admit(_:)``, which runs before it is read.
    public var oldObject: (any APIResource)?
    /// Nothing will be stored.
    public var dryRun: Bool
    /// Who asks, and in which namespace.
    public var context: RequestContext

    /// A request.
    public init(
        operation: Operation, resource: ResourceDescription, name: String, object: (any APIResource)? = nil, oldObject: (any APIResource)? = nil,
        dryRun: Bool, context: RequestContext
    ) {
        self.operation = operation
        self.resource = resource
        self.name = name
        self.object = object
        self.oldObject = oldObject
        self.dryRun = dryRun
        self.context = context
    }
}

/// Decides whether a write may happen, beyond what the kind itself validates.
///
/// Plugins see copies; nothing they do to them is stored. They may be asked several times for one request when others write meanwhile, so they must
/// have no side effects.
public protocol AdmissionPlugin: Sendable {
    /// Asked once, before a create or delete touches the store and before validation. Throwing denies.
    func admit(_ request: AdmissionRequest) async throws(Status)
    /// Asked with the final object, after validation and right before it is written or removed. Throwing denies.
    func validate(_ request: AdmissionRequest) async throws(Status)
}

extension AdmissionPlugin {
    /// Admits.
    public func admit(_ request: AdmissionRequest) async throws(Status) {}
    /// Admits.
    public func validate(_ request: AdmissionRequest) async throws(Status) {}
}
