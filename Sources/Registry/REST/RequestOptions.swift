//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Logging
public import Storage
import Synchronization

/// Who asks, for what namespace, and where warnings go.
public struct RequestContext: Sendable {
    /// The namespace of the URL; nil for all of them and for cluster-scoped resources.
    public var namespace: String?
    /// Who asks.
    public var user: UserInfo
    /// Collects warnings for the client.
    public var warnings: WarningRecorder
    /// Logs with the request's metadata.
    public var logger: Logger

    /// A context.
    public init(
        namespace: String?, user: UserInfo = UserInfo(name: "system:anonymous"), warnings: WarningRecorder = WarningRecorder(), logger: Logger
    ) {
        self.namespace = namespace
        self.user = user
        self.warnings = warnings
        self.logger = logger
    }
}

/// Who asks.
public struct UserInfo: Sendable, Hashable {
    /// The name.
    public var name: String
    /// The groups.
    public var groups: [String]

    /// A user.
    public init(name: String, groups: [String] = []) {
        self.name = name
        self.groups = groups
    }
}

/// Collects the warnings of one request, each once.
public final class WarningRecorder: Sendable {
    private let texts = Mutex<[String]>([])

    /// No warnings yet.
    public init() {}

    /// Adds a warning, unless it is there already.
    public func add(_ text: String) {
        texts.withLock { texts in
            if !texts.contains(text) { texts.append(text) }
        }
    }

    /// All warnings in the order in which they came.
    public var warnings: [String] { texts.withLock { $0 } }
}

/// Options of `list`, `watch` and `deletecollection`, as a URL gives them.
public struct ResourceListOptions: Sendable {
    /// By labels.
    public var labelSelector: LabelSelector = .everything
    /// By fields.
    public var fieldSelector: FieldSelector = .everything
    /// nil when not given, zero for "0".
    public var resourceVersion: ResourceVersion?
    /// How the version is meant.
    public var resourceVersionMatch: ResourceVersionMatch?
    /// Page size; 0 for all.
    public var limit: Int = 0
    /// Where an earlier page ended.
    public var continueToken: String?
    /// See ``ListOptions/sendInitialEvents``.
    public var sendInitialEvents: Bool?
    /// The watcher wants bookmarks.
    public var allowWatchBookmarks: Bool = false

    /// All objects at the newest version.
    public init() {}
}

/// Options of `create`.
public struct CreateOptions: Sendable {
    /// Nothing is to be stored.
    public var dryRun: Bool
    /// Who manages the fields.
    public var fieldManager: String

    /// Options.
    public init(dryRun: Bool = false, fieldManager: String = "") {
        self.dryRun = dryRun
        self.fieldManager = fieldManager
    }
}

/// Options of `update` and `patch`.
public struct UpdateOptions: Sendable {
    /// Nothing is to be stored.
    public var dryRun: Bool
    /// Who manages the fields.
    public var fieldManager: String
    /// Create what is missing, whatever the strategy says (server-side apply).
    public var forceAllowCreate: Bool

    /// Options.
    public init(dryRun: Bool = false, fieldManager: String = "", forceAllowCreate: Bool = false) {
        self.dryRun = dryRun
        self.fieldManager = fieldManager
        self.forceAllowCreate = forceAllowCreate
    }
}

/// Options of `delete`.
public struct DeleteOptions: Sendable {
    /// What becomes of the objects that this one owns.
    public enum PropagationPolicy: String, Sendable, Hashable {
        /// They stay, without an owner.
        case orphan = "Orphan"
        /// They go afterwards.
        case background = "Background"
        /// They go first.
        case foreground = "Foreground"
    }

    /// Seconds the object may take to end; nil for its default.
    public var gracePeriodSeconds: Int64?
    /// What must hold of the object.
    public var preconditions: Preconditions?
    /// The old form of ``propagationPolicy``; not with it.
    public var orphanDependents: Bool?
    /// What becomes of dependents.
    public var propagationPolicy: PropagationPolicy?
    /// Nothing is to be removed.
    public var dryRun: Bool
    /// The object can't be read, and is to go without anybody looking at it; see ``UnreadableDeleter``. Not with the options above, but for ``dryRun``.
    public var ignoresStoreReadError: Bool

    /// Options.
    public init(
        gracePeriodSeconds: Int64? = nil, preconditions: Preconditions? = nil, orphanDependents: Bool? = nil,
        propagationPolicy: PropagationPolicy? = nil, dryRun: Bool = false, ignoresStoreReadError: Bool = false
    ) {
        self.gracePeriodSeconds = gracePeriodSeconds
        self.preconditions = preconditions
        self.orphanDependents = orphanDependents
        self.propagationPolicy = propagationPolicy
        self.dryRun = dryRun
        self.ignoresStoreReadError = ignoresStoreReadError
    }
}
