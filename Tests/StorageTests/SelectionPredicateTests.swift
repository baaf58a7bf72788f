//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage
import Synchronization
import Testing

@Suite struct SelectionPredicateTests {
    static let object = StoredObject(
        key: "/pods/ns/a", bytes: Array(#"{"metadata":{"name":"a","namespace":"ns","labels":{"app":"web"}}}"#.utf8),
        resourceVersion: ResourceVersion(7))

    private static func predicate(_ labels: String, _ fields: String, continueToken: String? = nil) throws -> SelectionPredicate {
        SelectionPredicate(
            labels: try LabelSelector(parsing: labels), fields: try FieldSelector(parsing: fields), continueToken: continueToken)
    }

    @Test(
        "An object is selected when labels and fields both take it",
        arguments: [
            ("", "", true), ("app=web", "", true), ("app=db", "", false), ("", "metadata.name=a", true), ("", "metadata.name=b", false),
            ("app=web", "metadata.namespace=ns", true), ("app=web", "metadata.namespace=other", false), ("app=db", "metadata.name=a", false),
            ("!app", "", false), ("", "metadata.name!=b", true),
        ])
    func selects(labels: String, fields: String, expected: Bool) throws {
        let predicate = try Self.predicate(labels, fields)
        #expect(try predicate.matches(Self.object) == expected)
        #expect(predicate.isEmpty == (labels.isEmpty && fields.isEmpty))
    }

    @Test("Without selectors nobody looks into an object; with one, what can't be read is told")
    func attributes() throws {
        struct Unreadable: Error {}
        final class Calls: Sendable { let count = Atomic(0) }
        let calls = Calls()
        let read: SelectionPredicate.AttributesFunction = { _ in
            calls.count.add(1, ordering: .relaxed)
            throw Unreadable()
        }
        #expect(try SelectionPredicate(attributes: read, limit: 3).matches(Self.object))
        #expect(calls.count.load(ordering: .relaxed) == 0)
        let selective = SelectionPredicate(labels: try LabelSelector(parsing: "a"), attributes: read)
        #expect(throws: Unreadable.self) { try selective.matches(Self.object) }
        #expect(calls.count.load(ordering: .relaxed) == 1)
    }

    @Test("Objects without a namespace have no such field")
    func clusterScoped() throws {
        let object = StoredObject(key: "/nodes/a", bytes: Array(#"{"metadata":{"name":"a"}}"#.utf8), resourceVersion: ResourceVersion(7))
        #expect(try SelectionPredicate.metadataAttributes(object).fields == ["metadata.name": "a"])
        #expect(try SelectionPredicate.metadataAttributes(Self.object).fields == ["metadata.name": "a", "metadata.namespace": "ns"])
    }

    @Test(
        "A name, or a namespace, is single when the fields pin it and no page is being continued",
        arguments: [
            ("metadata.name=a", nil, "a", nil), ("metadata.name=a", "token", nil, nil), ("metadata.name!=a", nil, nil, nil),
            ("metadata.namespace=ns", nil, nil, "ns"), ("metadata.name=a,metadata.namespace=ns", nil, "a", "ns"), ("", nil, nil, nil),
        ] as [(String, String?, String?, String?)])
    func single(fields: String, token: String?, name: String?, namespace: String?) throws {
        let predicate = try Self.predicate("", fields, continueToken: token)
        #expect(predicate.singleName == name)
        #expect(predicate.singleNamespace == namespace)
    }
}
