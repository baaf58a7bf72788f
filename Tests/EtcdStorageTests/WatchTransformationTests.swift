//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import EtcdClient
import Metrics
import Storage
import Testing

@testable import EtcdStorage

@Suite struct WatchTransformationTests {
    enum Then: Sendable {
        case absent
        case selected
        case unselected
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var before: Then
        var after: Then
        /// What a watcher with a selector is told.
        var kind: WatchChange.Kind?
        /// What a watcher without one is told.
        var plain: WatchChange.Kind
        var testDescription: String { "\(before) to \(after)" }
    }

    static let rows = [
        Row(before: .absent, after: .selected, kind: .added, plain: .added), Row(before: .absent, after: .unselected, kind: nil, plain: .added),
        Row(before: .selected, after: .selected, kind: .modified, plain: .modified),
        Row(before: .selected, after: .unselected, kind: .deleted, plain: .modified),
        Row(before: .unselected, after: .selected, kind: .added, plain: .modified),
        Row(before: .unselected, after: .unselected, kind: nil, plain: .modified),
        Row(before: .selected, after: .absent, kind: .deleted, plain: .deleted), Row(before: .unselected, after: .absent, kind: nil, plain: .deleted),
    ]

    @Test("What a watcher is told depends on what it may see before and after", arguments: rows)
    func transforms(row: Row) async throws {
        let event = event(row.before, row.after)
        for (labels, kind) in [("app=x", row.kind), ("", row.plain)] {
            let told = try await transformation(labels: labels).event(event)
            guard case .change(let change)? = told else {
                #expect(told == nil && kind == nil)
                continue
            }
            #expect(change.kind == kind)
            #expect(change.object.resourceVersion == ResourceVersion(9))
            #expect(change.object.key == "/pods/ns/a")
            #expect(change.object.bytes == (kind == .deleted ? event.prevKV?.value : event.kv.value))
        }
    }

    @Test("An event that says nothing of what was before is a failure, except of something new", arguments: rows, ["", "app=x"])
    func needsPrevious(row: Row, labels: String) async throws {
        var event = event(row.before, row.after)
        event.prevKV = nil
        if row.before == .absent {
            _ = try await transformation(labels: labels).event(event)
        } else {
            let error = try await storageError { try await transformation(labels: labels).event(event) }
            #expect(error.code == .internalError)
            #expect(error.message.contains("PrevKv=nil"))
        }
    }

    @Test("An object whose attributes can't be read fails a watch with a selector, and passes without")
    func unreadableAttributes() async throws {
        let kv = KeyValue(key: Array("/registry/pods/ns/a".utf8), value: Array("{broken}".utf8), createRevision: 9, modRevision: 9, version: 1)
        let event = StoreEvent(type: .put, kv: kv)
        #expect(try await transformation(labels: "").event(event) != nil)
        #expect(try await storageError { try await transformation(labels: "app=x").event(event) }.code == .internalError)
    }

    private func transformation(labels: String) throws -> WatchTransformation {
        let keys = try KeySpace(pathPrefix: "/registry", resourcePrefix: "/pods")
        return WatchTransformation(
            predicate: try StorageHarness.predicate(labels: labels),
            values: ValueCodec(
                keys: keys, transformer: IdentityTransformer(), sizes: nil,
                metrics: StorageMetrics(GroupResource(group: "", resource: "pods"), factory: NOOPMetricsHandler.instance)))
    }

    private func event(_ before: Then, _ after: Then) -> StoreEvent {
        func kv(_ then: Then, create: Int64, mod: Int64) -> KeyValue? {
            if then == .absent { return nil }
            let bytes = StorageHarness.pod("a", labels: then == .selected ? ["app": "x"] : [:], n: Int(mod))
            return KeyValue(key: Array("/registry/pods/ns/a".utf8), value: bytes, createRevision: create, modRevision: mod, version: 1)
        }
        let gone = KeyValue(key: Array("/registry/pods/ns/a".utf8), modRevision: 9)
        return StoreEvent(
            type: after == .absent ? .delete : .put, kv: kv(after, create: before == .absent ? 9 : 5, mod: 9) ?? gone,
            prevKV: kv(before, create: 5, mod: 7))
    }
}
