//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery

/// Functions that run around the writes of a ``RegistryStore``: Before (`begin…`, which answer a finish function) and After.
///
/// For every `begin…` that returns, its finish function is called exactly once, with whether the attempt succeeded. An update may begin and finish
/// several times, once an attempt. Hooks run for dry runs too: look at the options. The After hooks and ``decorate`` run only after success and may
/// change what the client is answered, not what is stored.
///
/// Source of the rule: upstream registry.Store's BeginCreate … AfterDelete and Decorator.
public struct RegistryHooks<Value: APIResource>: Sendable {
    /// Learns whether the attempt succeeded.
    public typealias Finish = @Sendable (_ succeeded: Bool) async -> Void

    /// Before an object is prepared, validated and created; may change it. Throwing aborts.
    public var beginCreate: (@Sendable (_ object: inout Value, CreateOptions, RequestContext) async throws(Status) -> Finish)?
    /// Before a change is prepared, validated and written; may change it. Throwing aborts.
    public var beginUpdate: (@Sendable (_ new: inout Value, _ old: Value, UpdateOptions, RequestContext) async throws(Status) -> Finish)?
    /// After a create.
    public var afterCreate: (@Sendable (_ object: inout Value, CreateOptions) async -> Void)?
    /// After an update that changed an existing object.
    public var afterUpdate: (@Sendable (_ object: inout Value, UpdateOptions) async -> Void)?
    /// After an object went.
    public var afterDelete: (@Sendable (_ object: inout Value, DeleteOptions) async -> Void)?
    /// Last change of everything that leaves the store: results, list items and watch events.
    public var decorate: (@Sendable (_ object: inout Value) -> Void)?
    /// A further condition for removing an object whose last finalizer an update took away.
    public var shouldDeleteDuringUpdate: (@Sendable (_ new: Value, _ old: Value) -> Bool)?

    /// No hooks.
    public init() {}
}
