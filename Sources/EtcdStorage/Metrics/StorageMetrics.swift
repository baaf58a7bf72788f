//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import Metrics
import Storage

/// The metrics of one resource, under upstream's names. Handlers are made once, here.
final class StorageMetrics: Sendable {
    /// What is asked of etcd, as the label `operation` has it.
    enum Request: Int, Sendable, CaseIterable {
        case get
        case list
        case listStream
        case listWithCount
        case listOnlyKeys
        case getCurrentResourceVersion
        case create
        case update
        case delete
    }

    private struct RequestHandlers: Sendable {
        let duration: Timer
        let total: Counter
        let errors: Counter
    }

    /// By ``Request``'s number.
    private let requests: [RequestHandlers]
    private let decodeErrors: Counter
    private let events: Counter
    private let bookmarks: [Counter]
    private let leaseObjects: Recorder
    private let objects: Gauge
    private let resourceObjects: Gauge
    private let resourceSize: Gauge
    private let list: ListHandlers

    fileprivate struct ListHandlers: Sendable {
        let pagedDuration: Timer
        let streamedDuration: Timer
        let total: Counter
        let fetched: Counter
        let evaluated: Counter
        let returned: Counter
    }

    init(_ resource: GroupResource, factory: any MetricsFactory) {
        let labels = [("group", resource.group), ("resource", resource.resource)]
        requests = Request.allCases.map { request in
            let labels = [("operation", "\(request)")] + labels
            return RequestHandlers(
                duration: Timer(label: "etcd_request_duration_seconds", dimensions: labels, factory: factory),
                total: Counter(label: "etcd_requests_total", dimensions: labels, factory: factory),
                errors: Counter(label: "etcd_request_errors_total", dimensions: labels, factory: factory))
        }
        decodeErrors = Counter(label: "apiserver_storage_decode_errors_total", dimensions: labels, factory: factory)
        events = Counter(label: "apiserver_storage_events_received_total", dimensions: labels, factory: factory)
        // The second name is the first's successor; dashboards have either.
        bookmarks = ["etcd_bookmark_counts", "etcd_bookmark_total"].map { Counter(label: $0, dimensions: labels, factory: factory) }
        leaseObjects = Recorder(label: "etcd_lease_object_counts", dimensions: [], aggregate: true, factory: factory)
        objects = Gauge(label: "apiserver_storage_objects", dimensions: [("resource", resource.description)], factory: factory)
        resourceObjects = Gauge(label: "apiserver_resource_objects", dimensions: labels, factory: factory)
        resourceSize = Gauge(label: "apiserver_resource_size_estimate_bytes", dimensions: labels, factory: factory)
        list = ListHandlers(labels, factory)
    }

    func record(_ request: Request, since start: ContinuousClock.Instant, failed: Bool) {
        record(request, lasting: ContinuousClock.now - start, failed: failed)
    }

    func record(_ request: Request, lasting duration: Duration, failed: Bool) {
        let handlers = requests[request.rawValue]
        handlers.total.increment()
        if failed { handlers.errors.increment() }
        handlers.duration.recordNanoseconds(duration.nanoseconds)
    }

    func countDecodeError() { decodeErrors.increment() }
    func countEvents(_ count: Int) { events.increment(by: count) }
    func countBookmark() { for counter in bookmarks { counter.increment() } }
    func recordLeaseObjects(_ count: Int64) { leaseObjects.record(count) }

    /// Nil: they could not be counted.
    func record(_ statistics: StorageStatistics?) {
        let count = Double(statistics?.objectCount ?? -1)
        objects.record(count)
        resourceObjects.record(count)
        if let statistics, statistics.averageObjectSize > 0 {
            resourceSize.record(Double(statistics.objectCount * statistics.averageObjectSize))
        }
    }

    /// What a list cost.
    struct ListCost: Sendable {
        var start = ContinuousClock.now
        var fetched = 0
        var evaluated = 0
        var returned = 0
        var isStreamed = false
    }

    func record(_ cost: ListCost) {
        list.total.increment()
        list.fetched.increment(by: cost.fetched)
        list.evaluated.increment(by: cost.evaluated)
        list.returned.increment(by: cost.returned)
        (cost.isStreamed ? list.streamedDuration : list.pagedDuration).recordNanoseconds((ContinuousClock.now - cost.start).nanoseconds)
    }
}

extension StorageMetrics.ListHandlers {
    fileprivate init(_ labels: [(String, String)], _ factory: any MetricsFactory) {
        func duration(_ isStreamed: Bool) -> Timer {
            Timer(label: "apiserver_storage_list_duration_seconds", dimensions: [("streamed", "\(isStreamed)")] + labels, factory: factory)
        }
        func counter(_ what: String) -> Counter {
            Counter(label: "apiserver_storage_list_\(what)", dimensions: labels + [("storage", "etcd"), ("index", "")], factory: factory)
        }
        self.init(
            pagedDuration: duration(false), streamedDuration: duration(true), total: counter("total"), fetched: counter("fetched_objects_total"),
            evaluated: counter("evaluated_objects_total"), returned: counter("returned_objects_total"))
    }
}

extension Duration {
    /// In whole nanoseconds; what doesn't fit is cut.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflows ? .max : product + attoseconds / 1_000_000_000
    }
}
