//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
@testable import Registry
import Storage
import Testing

@Suite("Deleting collections")
struct DeleteCollectionTests {
    static func deleteCollection(
        _ fixture: Fixture, _ options: DeleteOptions = DeleteOptions(), list: ResourceListOptions = ResourceListOptions()
    ) async throws -> [String] {
        try await fixture.store.deleteCollection(options: options, list: list, context: fixture.context).items.map { try $0.metadata().name }
    }

    @Test("All and only what is selected in the namespace goes, with any number of workers", arguments: [1, 4])
    func selected(workers: Int) async throws {
        try await Fixture.run(configure: { $0.deleteCollectionWorkers = workers }) { (fixture) async throws in
            for index in 0..<9 { try await fixture.create(Widget("w\(index)", labels: ["even": index.isMultiple(of: 2) ? "yes" : "no"])) }
            try await fixture.inNamespace("other").create(Widget("w0", labels: ["even": "yes"]))
            var list = ResourceListOptions()
            list.labelSelector = try LabelSelector(parsing: "even=yes")
            #expect(try await Self.deleteCollection(fixture, list: list) == ["w0", "w2", "w4", "w6", "w8"])
            #expect(try await fixture.names() == ["w1", "w3", "w5", "w7"])
            #expect(try await fixture.inNamespace("other").names() == ["w0"])
        }
    }

    @Test("With a limit one page goes")
    func limit() async throws {
        try await Fixture.run { (fixture) async throws in
            for index in 0..<5 { try await fixture.create(Widget("w\(index)")) }
            var list = ResourceListOptions()
            list.limit = 2
            #expect(try await Self.deleteCollection(fixture, list: list) == ["w0", "w1"])
            #expect(try await fixture.names() == ["w2", "w3", "w4"])
        }
    }

    @Test("An empty collection is no failure")
    func empty() async throws {
        try await Fixture.run { (fixture) async throws in
            #expect(try await Self.deleteCollection(fixture) == [])
        }
    }

    @Test("What somebody else removes meanwhile is no failure")
    func removedMeanwhile() async throws {
        try await Fixture.run { (fixture) async throws in
            for index in 0..<3 { try await fixture.create(Widget("w\(index)")) }
            let plugin = DeleteObserver { widget in
                if widget.metadata.name == "w0" { _ = try? await fixture.delete("w1") }
            }
            let observed = fixture.reconfigured { $0.admission = [plugin] }
            #expect(try await Self.deleteCollection(observed) == ["w0", "w1", "w2"])
            #expect(try await fixture.names() == [])
        }
    }

    @Test("The first failure ends it and is thrown")
    func failing() async throws {
        try await Fixture.run { (fixture) async throws in
            for index in 0..<3 { try await fixture.create(Widget("w\(index)")) }
            let denying = fixture.reconfigured { $0.admission = [Denial(of: [.delete])] }
            #expect(await failure { _ = try await Self.deleteCollection(denying) }?.code == 403)
            #expect(try await fixture.names() == ["w0", "w1", "w2"])
        }
    }

    @Test("A cancelled request deletes no more")
    func cancelled() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one"))
            let status = await withTaskGroup(of: Status?.self) { group in
                group.cancelAll()
                group.addTask { await failure { _ = try await Self.deleteCollection(fixture) } }
                return await group.next() ?? nil
            }
            #expect(status?.isFailure == true)
            #expect(try await fixture.find("one") != nil)
        }
    }

    @Test("A watcher sees every deletion")
    func watched() async throws {
        try await Fixture.run { (fixture) async throws in
            for index in 0..<3 { try await fixture.create(Widget("w\(index)")) }
            var options = ResourceListOptions()
            options.resourceVersion = try await fixture.storage.currentResourceVersion()
            let watch = try await fixture.store.watch(options: options, context: fixture.context)
            _ = try await Self.deleteCollection(fixture)
            var gone: Set<String> = []
            for await event in watch {
                guard case .change(let change) = event else { continue }
                #expect(change.kind == .deleted)
                gone.insert(try change.object.metadata().name)
                if gone.count == 3 { break }
            }
            #expect(gone == ["w0", "w1", "w2"])
        }
    }

    @Test("A rehearsal deletes nothing")
    func dryRun() async throws {
        try await Fixture.run { (fixture) async throws in
            try await fixture.create(Widget("one"))
            #expect(try await Self.deleteCollection(fixture, DeleteOptions(dryRun: true)) == ["one"])
            #expect(try await fixture.names() == ["one"])
        }
    }
}
