//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import APIMachinery
import Testing

@testable import CacherStorage

@Suite("Persistent object tree")
struct ObjectTreeTests {
    /// Few distinct keys, some with bytes beyond ASCII and some that are prefixes of others, so that operations meet.
    private static func randomKey(_ generator: inout SeededRandom, among count: Int) -> String {
        let number = Int.random(in: 0..<count, using: &generator)
        switch number % 7 {
        case 0: return "/pods/é\(number)"
        case 1: return "/pods/ns/\(number)/sub"
        case 2: return "/pods/\u{1F600}/\(number)"
        default: return "/pods/ns/\(number)"
        }
    }

    private static func sorted(_ model: [String: UInt64]) -> [String] {
        model.sorted { KeyOrderOfTests.precedes($0.key, $1.key) }.map { "\($0.key)@\($0.value)" }
    }

    private static func contents(_ tree: ObjectTree, in interval: KeyInterval = KeyInterval(below: "/")) -> [String] {
        var contents: [String] = []
        tree.forEach(in: interval) { element in
            contents.append("\(element.key)@\(element.object.resourceVersion.value)")
            return true
        }
        return contents
    }

    @Test("Random changes agree with a dictionary, and snapshots taken on the way stay as they were", arguments: [20, 400, 5000])
    func agreesWithModel(keys: Int) {
        var generator = SeededRandom(UInt64(keys))
        var tree = ObjectTree()
        var model: [String: UInt64] = [:]
        var snapshots: [(tree: ObjectTree, contents: [String])] = []
        // Phases that mostly add and mostly remove, so that nodes split, merge and the tree shrinks to nothing.
        for step in 0..<12_000 {
            let key = Self.randomKey(&generator, among: keys)
            let adds = (step / 3000) % 2 == 0 ? 80 : 15
            if Int.random(in: 0..<100, using: &generator) < adds {
                let replaced = tree.update(bareElement(key, version: UInt64(step)))
                #expect(replaced?.object.resourceVersion.value == model.updateValue(UInt64(step), forKey: key))
            } else {
                let removed = tree.remove(key)
                #expect(removed?.object.resourceVersion.value == model.removeValue(forKey: key))
            }
            #expect(tree.count == model.count)
            if step % 1000 == 0 { snapshots.append((tree, Self.sorted(model))) }
        }
        #expect(Self.contents(tree) == Self.sorted(model))
        for snapshot in snapshots { #expect(Self.contents(snapshot.tree) == snapshot.contents) }
    }

    @Test("Everything that was put in can be taken out again, in any order")
    func emptiesCompletely() {
        var generator = SeededRandom(7)
        let keys = (0..<3000).map { "/pods/ns/\($0)" }
        var tree = ObjectTree()
        for key in keys.shuffled(using: &generator) { tree.update(bareElement(key)) }
        for (index, key) in keys.shuffled(using: &generator).enumerated() {
            #expect(tree[key] != nil)
            #expect(tree.remove(key) != nil)
            #expect(tree[key] == nil)
            #expect(tree.count == keys.count - index - 1)
        }
        #expect(Self.contents(tree).isEmpty)
    }

    @Test("A tree built from a sorted list equals one grown by inserts", arguments: [0, 1, 2, 24, 25, 32, 33, 600, 10_000])
    func buildsFromSortedList(count: Int) {
        let keys = (0..<count).map { "/pods/ns/\($0)" }.sorted(by: KeyOrderOfTests.precedes)
        var built = ObjectTree(sorted: keys.map { bareElement($0) })
        var grown = ObjectTree()
        for key in keys.reversed() { grown.update(bareElement(key)) }
        #expect(built.count == count)
        #expect(Self.contents(built) == Self.contents(grown))
        for (rank, key) in keys.enumerated() {
            #expect(built[key]?.key == key)
            #expect(built.rank(of: key) == rank)
        }
        for key in keys { built.remove(key) }
        #expect(built.count == 0)
    }

    @Test("Intervals hold exactly the keys between their ends, and are counted without a walk")
    func intervals() {
        var generator = SeededRandom(3)
        var tree = ObjectTree()
        var keys: Set<String> = []
        for _ in 0..<4000 {
            let key = Self.randomKey(&generator, among: 3000)
            keys.insert(key)
            tree.update(bareElement(key))
        }
        let ordered = keys.sorted(by: KeyOrderOfTests.precedes)
        var intervals = ["/", "/pods/", "/pods/ns/", "/pods/none/"].map { KeyInterval(below: $0) }
        intervals += [KeyInterval(only: ordered[5]), KeyInterval(only: "/pods/ns")]
        for _ in 0..<50 {
            var interval = KeyInterval(below: "/pods/ns/")
            interval.lower = Self.randomKey(&generator, among: 3000)
            intervals.append(interval)
        }
        for interval in intervals {
            let expected = ordered.filter {
                !KeyOrderOfTests.precedes($0, interval.lower) && KeyOrderOfTests.precedes($0, interval.upper)
            }
            #expect(Self.contents(tree, in: interval) == expected.map { "\($0)@1" })
            #expect(tree.count(in: interval) == expected.count)
        }
    }

    @Test("A walk ends when the body says so")
    func walkEnds() {
        let tree = ObjectTree(sorted: (100..<400).map { bareElement("/pods/\($0)") })
        var seen = 0
        tree.forEach(in: KeyInterval(below: "/")) { _ in
            seen += 1
            return seen < 70
        }
        #expect(seen == 70)
    }

    @Test(
        "Keys are ordered by their bytes",
        arguments: [
            ("/a", "/b"), ("/a", "/a/"), ("/a", "/a\0"), ("/abcdefgh", "/abcdefghi"), ("/abcdefghA", "/abcdefgha"), ("/z", "/é"),
            ("/e\u{301}", "/\u{e9}"), ("/\u{FFFF}", "/\u{1F600}"), ("/pods/ns-bad/", "/pods/ns/"),
        ])
    func keyOrder(lesser: String, greater: String) {
        #expect(KeyOrder.precedes(lesser, greater))
        #expect(!KeyOrder.precedes(greater, lesser))
        #expect(!KeyOrder.precedes(lesser, lesser))
    }
}
