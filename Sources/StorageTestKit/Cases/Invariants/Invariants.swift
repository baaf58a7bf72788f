//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

extension StorageConformance {
    static func invariantCases(seed: UInt64, steps: Int) -> [ConformanceCase] {
        func invariant(
            _ id: String, _ name: String, needs: Set<ConformanceCapability> = [], alone: Bool = false,
            _ body: @escaping @Sendable (Bench, UInt64, Int) async throws -> Void
        ) -> ConformanceCase {
            ConformanceCase(id, name, needs: needs, alone: alone) { bench in
                do {
                    try await body(bench, seed, steps)
                } catch {
                    throw ConformanceFailure("seed \(seed): \(error)")
                }
            }
        }
        return [
            invariant("I01", "Writers are told the versions that watchers see, and no list has an object newer than itself", versionsAgree),
            invariant("I02", "Versions rise from create to get to update to delete", versionsRise),
            invariant("I03", "A list at a version is the replay of the events up to it", listsAreReplays),
            invariant("I04", "A watch from a list has exactly what came after it", watchesFollowLists),
            invariant("I05", "The pages of a list make the whole list, whatever the limit", pagesMakeTheWhole),
            invariant("I06", "An update that changes nothing changes no version", identityChangesNothing),
            invariant("I07", "Counters that many raise at once end where they should", countersAddUp),
            invariant("I08", "A deleter is told the version of the delete's event", deletesAgree),
            invariant("I09", "No selection ends before its last match", selectionsAreWhole),
            invariant(
                "I10", "Only compacted versions are expired, and only future ones too large", needs: [.compaction, .compactedVersionsExpire],
                alone: true,
                refusalsAreJust),
        ]
    }

    private static func versionsAgree(_ bench: Bench, _ seed: UInt64, _ steps: Int) async throws {
        let history = try await RandomHistory(bench, seed: seed, steps: steps)
        try requireEqual(history.writes.lines, history.events.lines, "what writers and a watcher were told")
        for (one, next) in zip(history.events, history.events.dropFirst()) {
            try require(one.version < next.version, "an event of \(next.version) after one of \(one.version)")
        }
        for list in history.lists {
            for item in list.items { try require(item.resourceVersion <= list.resourceVersion, "\(item.key) is newer than its list") }
        }
        if bench.has(.storedValues) {
            for record in history.state(at: history.end) {
                try requireEqual(try await bench.subject.storedValue(at: record.key), record.bytes, "what is stored under \(record.key)")
            }
        }
    }

    private static func versionsRise(_ bench: Bench, _ seed: UInt64, _ steps: Int) async throws {
        var generator = SeededGenerator(seed: seed)
        var last = ResourceVersion.zero
        for step in 0..<max(1, steps / 4) {
            let name = RandomHistory.names.randomElement(using: &generator) ?? "a"
            let created = try await bench.create(name, n: step)
            try require(created.resourceVersion > last, "a create at \(created.resourceVersion) after \(last)")
            try requireEqual(try await bench.get(name)?.resourceVersion, created.resourceVersion, "version of a get")
            last = created.resourceVersion
            for _ in 0..<Int.random(in: 0..<3, using: &generator) {
                let updated = try await bench.update(name, n: Int.random(in: 0...Int(Int32.max), using: &generator))
                try require(updated.resourceVersion > last, "an update at \(updated.resourceVersion) after \(last)")
                last = updated.resourceVersion
            }
            let deleted = try await bench.delete(name)
            try require(deleted.resourceVersion > last, "a delete at \(deleted.resourceVersion) after \(last)")
            last = deleted.resourceVersion
        }
    }

    private static func listsAreReplays(_ bench: Bench, _ seed: UInt64, _ steps: Int) async throws {
        let history = try await RandomHistory(bench, seed: seed, steps: steps)
        for list in history.lists {
            try requireEqual(list.items.versionLines, history.state(at: list.resourceVersion).versionLines, "a list of \(list.resourceVersion)")
        }
        var generator = SeededGenerator(seed: seed)
        for version in history.versions(8, &generator) {
            let list = try await bench.list("/pods/ns", at: version, .exact)
            try requireEqual(list.resourceVersion, version, "version of a list")
            try requireEqual(list.items.versionLines, history.state(at: version).versionLines, "a list at \(version)")
        }
    }

    private static func watchesFollowLists(_ bench: Bench, _ seed: UInt64, _ steps: Int) async throws {
        let history = try await RandomHistory(bench, seed: seed, steps: steps)
        var generator = SeededGenerator(seed: seed)
        for version in history.versions(6, &generator) {
            let rest = try await RandomHistory.events(bench, after: version, upTo: history.end)
            try requireEqual(rest.lines, history.events.filter { $0.version > version }.lines, "events after \(version)")
        }
    }

    private static func pagesMakeTheWhole(_ bench: Bench, _ seed: UInt64, _ steps: Int) async throws {
        let history = try await RandomHistory(bench, seed: seed, steps: steps)
        var generator = SeededGenerator(seed: seed)
        for version in history.versions(4, &generator) {
            let whole = history.state(at: version).versionLines
            for limit in 1...RandomHistory.names.count + 1 {
                try requireEqual(try await bench.pages(at: version, limit: limit).versionLines, whole, "pages of \(limit) at \(version)")
            }
        }
    }

    private static func identityChangesNothing(_ bench: Bench, _ seed: UInt64, _ steps: Int) async throws {
        _ = try await RandomHistory(bench, seed: seed, steps: steps)
        for object in try await bench.list().items {
            for suggestion in [nil, object] {
                let same = try await bench.storage.guaranteedUpdate(object.key, ignoreNotFound: false, preconditions: nil, suggestion: suggestion) {
                    UpdateProposal(bytes: $0?.bytes ?? [])
                }
                try requireEqual(same.resourceVersion, object.resourceVersion, "version of \(object.key)")
            }
        }
    }

    private static func countersAddUp(_ bench: Bench, _ seed: UInt64, _ steps: Int) async throws {
        let created = try await bench.create("counter", n: 0)
        let each = max(1, steps / 8)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for _ in 0..<each {
                        // Half of them start from what was there in the beginning.
                        _ = try await bench.storage.guaranteedUpdate(
                            created.key, ignoreNotFound: false, preconditions: nil, suggestion: writer.isMultiple(of: 2) ? created : nil
                        ) { UpdateProposal(bytes: Bench.pod("counter", n: try Bench.number($0) + 1)) }
                    }
                }
            }
            try await group.waitForAll()
        }
        try requireEqual(try Bench.number(try await bench.get("counter")), 8 * each, "the counter")
    }

    private static func deletesAgree(_ bench: Bench, _ seed: UInt64, _ steps: Int) async throws {
        let history = try await RandomHistory(bench, seed: seed, steps: steps)
        let told = history.writes.filter { $0.kind == .deleted }
        try requireEqual(told.lines, history.events.filter { $0.kind == .deleted }.lines, "deletes")
    }

    private static func selectionsAreWhole(_ bench: Bench, _ seed: UInt64, _ steps: Int) async throws {
        let history = try await RandomHistory(bench, seed: seed, steps: steps)
        var generator = SeededGenerator(seed: seed)
        for version in history.versions(4, &generator) {
            for labels in ["even=yes", "even!=yes", "even=never"] {
                let selector = try LabelSelector(parsing: labels)
                let all = try history.state(at: version).filter { record in
                    let object = StoredObject(key: record.key, bytes: record.bytes, resourceVersion: record.version)
                    return selector.matches(try object.metadata().labels)
                }
                for limit in 1...4 {
                    let found = try await bench.pages(at: version, limit: limit, labels: labels)
                    try requireEqual(found.versionLines, all.versionLines, "pages of \(limit) with \(labels) at \(version)")
                }
            }
        }
    }

    private static func refusalsAreJust(_ bench: Bench, _ seed: UInt64, _ steps: Int) async throws {
        var generator = SeededGenerator(seed: seed)
        let first = try await bench.create("a", n: 0)
        var last = first.resourceVersion
        for step in 1..<max(2, steps) { last = try await bench.update("a", n: step).resourceVersion }
        let compacted = ResourceVersion(.random(in: first.resourceVersion.value...last.value, using: &generator))
        try await bench.subject.compact(at: compacted)
        // Compacting may take a write.
        last = try await bench.storage.currentResourceVersion()
        for value in Set((0..<20).map { _ in UInt64.random(in: first.resourceVersion.value...last.value + 5, using: &generator) }) {
            let version = ResourceVersion(value)
            var code: StorageError.Code?
            do throws(StorageError) {
                _ = try await bench.storage.list("/pods", options: ListOptions(resourceVersion: version, match: .exact))
            } catch {
                code = error.code
            }
            let expected: StorageError.Code? = version < compacted ? .expired : version > last ? .resourceVersionTooLarge : nil
            try requireEqual(code, expected, "a list at \(version), where \(compacted) is compacted and \(last) the newest")
        }
    }
}

extension Bench {
    /// All pages of a list at a version, put together.
    func pages(at version: ResourceVersion, limit: Int, labels: String = "") async throws -> [StoredObject] {
        var items: [StoredObject] = []
        var page = try await list("/pods/ns", at: version, .exact, labels: labels, limit: limit)
        while true {
            try requireEqual(page.resourceVersion, version, "version of a page")
            try require(page.items.count <= limit, "a page of \(page.items.count) where \(limit) were asked for")
            items += page.items
            guard let token = page.continueToken else { return items }
            page = try await list("/pods/ns", labels: labels, limit: limit, continuing: token)
        }
    }
}
