//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Storage

/// What a ``CacherStorage`` holds and how it behaves. The defaults are upstream's.
public struct CacherStorageConfiguration: Sendable {
    /// The resource, for messages and logs.
    public var groupResource: GroupResource
    /// Where the resource's keys begin, such as `/deployments`.
    public var resourcePrefix: String
    /// How an object's labels and fields are read, once when it comes in. Selectors of reads and watches look at nothing else, so this must
    /// be the function that the registry puts in its predicates.
    public var attributes: SelectionPredicate.AttributesFunction
    /// How many objects the cache reads at once when it fills itself.
    public var listPageSize = 10_000
    /// How long a read waits for the cache to reach a version before it fails with `resourceVersionTooLarge`.
    public var freshnessTimeout: Duration = .seconds(3)
    /// How often the store is asked for its progress while reads wait.
    public var progressRequestPeriod: Duration = .milliseconds(100)
    /// How often a watch that wants bookmarks gets one.
    public var bookmarkPeriod: Duration = .seconds(60)
    /// Events younger than this stay available to watchers, as far as ``maximumEventLogCapacity`` allows. 75 s at least.
    public var eventHistoryWindow: Duration = .seconds(75)
    /// How many events are kept in any case.
    public var minimumEventLogCapacity = 100
    /// How many events are kept at most; nil derives it from the window: 102 400 for 75 s.
    public var maximumEventLogCapacity: Int?
    /// How many of the newest events keep their encoded forms for sharing.
    public var eventsWithSharedEncodings = 1024
    /// How many of the newest events keep a snapshot of all objects, for lists at old versions. Each costs about 2 KB; older versions come from
    /// the store.
    public var eventsWithSnapshots = 10_000
    /// The wait before the cache reads everything anew after a failure; up to half as much again is added at random.
    public var relistBackoff: Duration = .seconds(1)
    /// How long a watch of the store that can't be restarted is tried before everything is read anew. Meanwhile the cache serves what it has.
    public var watchRetryLimit: Duration = .seconds(30)
    /// How often the store is asked for its compact revision, below which no old version is served.
    public var compactionPollPeriod: Duration = .seconds(15)

    /// A configuration for a resource.
    public init(
        groupResource: GroupResource, resourcePrefix: String,
        attributes: @escaping SelectionPredicate.AttributesFunction = SelectionPredicate.metadataAttributes
    ) {
        self.groupResource = groupResource
        self.resourcePrefix = resourcePrefix
        self.attributes = attributes
    }

    /// The prefix with the slash that all keys of the resource go on after.
    var keyPrefix: String { resourcePrefix.hasSuffix("/") ? resourcePrefix : resourcePrefix + "/" }

    var eventLogLimits: EventLogLimits {
        let window = max(eventHistoryWindow, EventLogLimits.shortestWindow)
        return EventLogLimits(
            window: window, minimumCapacity: max(1, minimumEventLogCapacity),
            maximumCapacity: maximumEventLogCapacity ?? EventLogLimits.maximumCapacity(for: window),
            eventsWithEncodings: eventsWithSharedEncodings, eventsWithSnapshots: eventsWithSnapshots)
    }
}
