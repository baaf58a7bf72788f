//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@Suite("README: objects")
struct ObjectSnippets {
    @Test("APIMachinery")
    func machinery() throws {
        // README: APIMachinery
        let stored = StoredObject(
            key: "/configmaps/demo/settings",
            bytes: Array(#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"settings","labels":{"tier":"front"}},"data":{"a":"1"}}"#.utf8),
            resourceVersion: ResourceVersion(42))

        // What selectors need is scanned from the bytes; no tree is built.
        let selector = try LabelSelector(parsing: "tier in (front, back), !legacy")
        print(selector.matches(try stored.metadata().labels))

        // What leaves the server is the stored bytes with the version spliced in.
        print(String(decoding: stored.serialized(), as: UTF8.self))

        // The value is there for those who change it.
        let changed = MergePatch.apply(["data": ["a": nil, "b": "2"]], to: try stored.value())
        print(changed["data"]?["b"]?.stringValue ?? "")
        // README end
        #expect(changed["data"] == ["b": "2"])
        #expect(String(decoding: stored.serialized(), as: UTF8.self).contains(#""resourceVersion":"42""#))
        #expect(selector.matches(try stored.metadata().labels))
    }
}
