//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
@testable import Registry
import Storage
import Testing

@Suite("What clients are told about failures of the storage")
struct StorageErrorTests {
    struct Row: Sendable {
        var code: StorageError.Code
        var operation: StorageOperation
        var status: Int
        var reason: Status.Reason
    }

    static let rows: [Row] = [
        Row(code: .keyNotFound, operation: .get, status: 404, reason: .notFound),
        Row(code: .keyNotFound, operation: .list, status: 404, reason: .notFound),
        Row(code: .keyNotFound, operation: .update, status: 404, reason: .notFound),
        Row(code: .keyNotFound, operation: .delete, status: 404, reason: .notFound),
        Row(code: .keyNotFound, operation: .watch, status: 500, reason: .unknown),
        Row(code: .keyExists, operation: .create, status: 409, reason: .alreadyExists),
        Row(code: .keyExists, operation: .update, status: 409, reason: .conflict),
        Row(code: .conflict, operation: .update, status: 409, reason: .conflict),
        Row(code: .conflict, operation: .create, status: 409, reason: .unknown),
        Row(code: .preconditionFailed, operation: .update, status: 409, reason: .conflict),
        Row(code: .preconditionFailed, operation: .delete, status: 409, reason: .conflict),
        Row(code: .unreachable, operation: .list, status: 500, reason: .serverTimeout),
        Row(code: .unreachable, operation: .create, status: 500, reason: .serverTimeout),
        Row(code: .timeout, operation: .list, status: 500, reason: .serverTimeout),
        Row(code: .timeout, operation: .create, status: 504, reason: .timeout),
        Row(code: .unknownOutcome, operation: .create, status: 504, reason: .timeout),
        Row(code: .unknownOutcome, operation: .delete, status: 504, reason: .timeout),
        Row(code: .corruptObject, operation: .get, status: 500, reason: .internalError),
        Row(code: .internalError, operation: .update, status: 500, reason: .internalError),
        Row(code: .invalidContinueToken, operation: .list, status: 400, reason: .badRequest),
        Row(code: .expired, operation: .list, status: 410, reason: .expired),
        Row(code: .expired, operation: .watch, status: 410, reason: .expired),
        Row(code: .resourceVersionTooLarge, operation: .get, status: 504, reason: .timeout),
        Row(code: .tooLarge, operation: .create, status: 413, reason: .requestEntityTooLarge),
        Row(code: .outOfSpace, operation: .create, status: 503, reason: .serviceUnavailable),
        Row(code: .notReady, operation: .watch, status: 429, reason: .tooManyRequests),
        Row(code: .stopped, operation: .list, status: 503, reason: .serviceUnavailable),
    ]

    static let widgets = GroupResource(group: "test.example.com", resource: "widgets")

    @Test("Every failure has its code and reason", arguments: rows)
    func interpretation(_ row: Row) {
        let error = StorageError(row.code, key: "/widgets/demo/one", message: "because")
        let status = Status(interpreting: error, operation: row.operation, resource: Self.widgets, name: "one")
        #expect(status.code == row.status)
        #expect(status.reason == row.reason)
        #expect(!status.message.isEmpty)
    }

    @Test("A write of unknown outcome gives no hint to try again, a server that can't be reached does")
    func retry() {
        let unknown = Status(interpreting: StorageError(.unknownOutcome), operation: .create, resource: Self.widgets, name: "one")
        #expect((unknown.details?.retryAfterSeconds ?? 0) == 0)
        let unreachable = Status(interpreting: StorageError(.unreachable), operation: .create, resource: Self.widgets, name: "one")
        #expect(unreachable.details?.retryAfterSeconds == 2)
    }

    @Test("What the caller's own closure threw comes back as it was")
    func rejected() {
        let thrown = Status(code: 418, reason: .unknown, message: "no coffee")
        let error = StorageError(.rejected, cause: thrown)
        #expect(Status(interpreting: error, operation: .update, resource: Self.widgets, name: "one") == thrown)
    }

    @Test("Objects that can't be read are named one by one, and what ended the search after them", arguments: [false, true])
    func unreadable(isTruncated: Bool) throws {
        let failures = ["a", "b"].map { StorageError(.corruptObject, key: "/widgets/demo/\($0)", message: "garbage") }
        let end = isTruncated ? [] : [StorageError(.unreachable, key: "/widgets", message: "gone")]
        let error = StorageError.unreadable("/widgets", failures: failures + end, isTruncated: isTruncated)
        for operation in [StorageOperation.list, .watch] {
            let status = Status(interpreting: error, operation: operation, resource: Self.widgets)
            #expect(status.code == 500)
            #expect(status.reason == .storageReadError)
            let causes = try #require(status.details?.causes)
            #expect(causes.map(\.field) == ["/widgets/demo/a", "/widgets/demo/b", ""])
            #expect(
                causes.map(\.type) == [
                    "UnexpectedServerResponse", "UnexpectedServerResponse", isTruncated ? "FieldValueTooMany" : "UnexpectedServerResponse",
                ])
            #expect(causes.allSatisfy { !$0.message.isEmpty })
            if isTruncated { #expect(causes.last?.message == "too many errors, the list is truncated") }
        }
    }

    @Test("An expired list carries the token to go on with")
    func continueToken() {
        let error = StorageError(.expired, message: "too old", continueToken: "next")
        #expect(Status(interpreting: error, operation: .list, resource: Self.widgets).continueToken == "next")
    }
}

@Suite("Names and UIDs")
struct NameGeneratorTests {
    @Test("Generated names keep the base, fit 63 characters and spell no words", arguments: [0, 10, 58, 59, 100])
    func names(length: Int) {
        let base = String(repeating: "x", count: length)
        let name = NameGenerator.generate(base: base)
        #expect(name.count == min(length, 58) + 5)
        #expect(name.hasPrefix(base.prefix(58)))
        #expect(name.suffix(5).allSatisfy { "bcdfghjklmnpqrstvwxz2456789".contains($0) })
    }

    @Test("UIDs are random UUIDs of version 4")
    func uids() {
        let uids = (0..<100).map { _ in UIDGenerator.generate() }
        #expect(Set(uids).count == 100)
        for uid in uids {
            let parts = uid.split(separator: "-")
            #expect(parts.map(\.count) == [8, 4, 4, 4, 12])
            #expect(parts[2].hasPrefix("4"))
            #expect(["8", "9", "a", "b"].contains(parts[3].prefix(1)))
        }
    }
}
