//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

extension StorageConformance {
    static let pagingCases = [
        ConformanceCase("A23", "Pages are of one version, and fit together", needs: []) { bench in
            try await bench.createFamily()
            let whole = try await bench.list()
            let first = try await bench.list(limit: 1)
            try requireEqual(first.items.names, ["first/bar"], "first page")
            try requireEqual(first.remainingItemCount, 2, "what remains")
            let token = try required(first.continueToken, "token of the first page")
            let rest = try await bench.list(continuing: token)
            try requireEqual(rest.items.names, ["second/bar", "second/foo"], "all that follows")
            try require(rest.continueToken == nil, "the last page has a token")
            let second = try await bench.list(limit: 1, continuing: token)
            try requireEqual(second.items.names, ["second/bar"], "second page")
            let third = try await bench.list(limit: 1, continuing: try required(second.continueToken, "token of the second page"))
            try requireEqual(third.items.names, ["second/foo"], "third page")
            try require(third.continueToken == nil, "the last page has a token")
            for page in [rest, second, third] { try requireEqual(page.resourceVersion, first.resourceVersion, "version of a page") }
            try require(first.resourceVersion >= whole.resourceVersion, "version of the first page")
        },
        ConformanceCase("A24", "A rare object among a thousand costs few requests") { bench in
            try await bench.createMany(1000)
            if bench.has(.listRequests) { _ = try await bench.subject.takeListRequests() }
            let list = try await bench.list(fields: "metadata.name=pod-999", limit: 1)
            try requireEqual(list.items.names, ["ns/pod-999"], "what is found")
            try require(list.continueToken == nil, "the list has a token")
            if bench.has(.listRequests) {
                try requireEqual(try await bench.subject.takeListRequests(), (0..<10).map { 1 << $0 }, "sizes of the requests")
            }
        },
        ConformanceCase("A25", "A page ends at the last key that was looked at, not at the last that came") { bench in
            for name in ["a", "b", "c", "d"] { try await bench.create(name) }
            if bench.has(.listRequests) { _ = try await bench.subject.takeListRequests() }
            let first = try await bench.list(fields: "metadata.name!=b", limit: 2)
            try requireEqual(first.items.names, ["ns/a", "ns/c"], "first page")
            try require(first.remainingItemCount == nil, "a selection says how much remains")
            if bench.has(.listRequests) { try requireEqual(try await bench.subject.takeListRequests().count, 2, "requests") }
            let token = try required(first.continueToken, "token of the first page")
            let second = try await bench.list(fields: "metadata.name!=b", limit: 2, continuing: token)
            try requireEqual(second.items.names, ["ns/d"], "second page")
            try require(second.continueToken == nil, "the last page has a token")
        },
        ConformanceCase(
            "A26", "A page whose version was compacted comes with a token that goes on at the newest version",
            needs: [.compaction, .compactedVersionsExpire], alone: true
        ) { bench in
            try await bench.createFamily()
            let first = try await bench.list(limit: 1)
            let updated = try await bench.update("bar", in: "second", n: 7)
            try await bench.subject.compact(at: updated.resourceVersion)
            let token = try required(first.continueToken, "token of the first page")
            let error = try await requireError(.expired, of: "second page") { try await bench.list(limit: 1, continuing: token) }
            try require(error.message.contains("continue parameter is too old"), "the error says \(error.message)")
            let inconsistent = try required(error.continueToken, "token of the error")
            let second = try await bench.list(limit: 1, continuing: inconsistent)
            try requireEqual(second.items.names, ["second/bar"], "second page")
            try require(second.resourceVersion >= updated.resourceVersion, "version of the second page")
            let third = try await bench.list(limit: 1, continuing: try required(second.continueToken, "token of the second page"))
            try requireEqual(third.items.names, ["second/foo"], "third page")
            try requireEqual(third.resourceVersion, second.resourceVersion, "version of the third page")
        },
        ConformanceCase("A35", "What is created between pages isn't in them") { bench in
            for index in 0..<4 { try await bench.create("test-\(index)") }
            var names: [String] = []
            var token: String?
            var pages = 0
            repeat {
                let page = try await bench.list(limit: 1, continuing: token)
                names += page.items.names
                token = page.continueToken
                pages += 1
                if pages == 2 { try await bench.create("test-5") }
            } while token != nil
            try requireEqual(names, (0..<4).map { "ns/test-\($0)" }, "what the pages have")
            try requireEqual(pages, 4, "pages")
        },
        ConformanceCase(
            "A37", "A compacted version can't be listed, and the storage knows how far the store is compacted",
            needs: [.compaction, .compactedVersionsExpire, .compactRevision], alone: true
        ) { bench in
            let created = try await bench.create("foo")
            let old = try await bench.list()
            try requireEqual(try await bench.list(at: old.resourceVersion, .exact).items.names, ["ns/foo"], "list at its version")
            try await bench.update("foo", n: 1)
            let newest = try await bench.subject.increaseRevision()
            try await bench.subject.compact(at: newest)
            let error = try await requireError(.expired, of: "list of a compacted version") {
                try await bench.list(at: created.resourceVersion, .exact)
            }
            try require(error.message.contains("resourceVersion for the provided list is too old"), "the error says \(error.message)")
            let deadline = ContinuousClock.now + .seconds(30)
            while bench.storage.compactRevision < newest, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(20)) }
            try requireEqual(bench.storage.compactRevision, newest, "compact revision")
        },
    ]
}

extension Bench {
    func createFamily() async throws {
        try await create("bar", in: "first")
        try await create("bar", in: "second")
        try await create("foo", in: "second")
    }
}
