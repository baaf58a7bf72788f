//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Storage
import Testing

@Suite struct KeySpaceTests {
    @Test(
        "Slashes of the path prefix are put right",
        arguments: [
            ("custom/prefix", "/custom/prefix/"), ("custom//prefix//", "/custom/prefix/"), ("/registry", "/registry/"), ("/registry/", "/registry/"),
            ("", "/"), ("/", "/"),
        ])
    func normalises(prefix: String, expected: String) throws {
        let keys = try KeySpace(pathPrefix: prefix, resourcePrefix: "/pods")
        #expect(keys.pathPrefix == expected)
        #expect(try keys.prepare("/pods/ns/a") == "\(expected)pods/ns/a")
    }

    @Test("A resource prefix must start with a slash and name something", arguments: ["", "/", "//", "pods", "/..", "/pods/./x", "../pods"])
    func refusesResourcePrefix(prefix: String) {
        #expect(code { try KeySpace(pathPrefix: "/registry", resourcePrefix: prefix) } == .invalidKey)
    }

    @Test("A path prefix must not climb", arguments: ["/a/../b", "..", "./a"])
    func refusesPathPrefix(prefix: String) {
        #expect(code { try KeySpace(pathPrefix: prefix, resourcePrefix: "/pods") } == .invalidKey)
    }

    @Test(
        "A good key is stored below both prefixes, unchanged",
        arguments: [
            "/pods/foo", "/pods/foo/bar", "/pods/.foo", "/pods/foo.", "/pods/foo/..bar", "/pods/foo/bar..", "/pods/foo/...", "/pods/a.b.c", "/pods/",
        ])
    func prepares(key: String) throws {
        let keys = try KeySpace(pathPrefix: "/first/second", resourcePrefix: "/pods/")
        let stored = try keys.prepare(key)
        #expect(stored == "/first/second\(key)")
        #expect(keys.key(ofStored: Array(stored.utf8)) == key)
    }

    @Test(
        "A key with a part that is . or .. is refused by name",
        arguments: [
            ".", "..", "./", "../", "./pods", "../pods", "/.", "/..", "/./pods", "/../pods", "/pods/.", "/pods/..", "/pods/./", "/pods/../",
            "/pods/./a",
            "/pods/../a", "/pods/foo/bar/../baz", "/pods/foo/./bar", "pods/.", "pods/..",
        ])
    func refusesRelative(key: String) throws {
        let keys = try KeySpace(pathPrefix: "/registry", resourcePrefix: "/pods")
        for recursive in [false, true] {
            let error = #expect(throws: StorageError.self) { try keys.prepare(key, recursive: recursive) }
            #expect(error?.code == .invalidKey)
            #expect(error?.message == "invalid key: \"\(key)\"")
        }
    }

    @Test("An empty key is refused", arguments: ["", "/"])
    func refusesEmpty(key: String) throws {
        let keys = try KeySpace(pathPrefix: "/registry", resourcePrefix: "/pods")
        let error = #expect(throws: StorageError.self) { try keys.prepare(key) }
        #expect(error?.message.contains("empty key") == true)
    }

    @Test("A key of another resource is refused", arguments: ["pods", "/pods.apps", "/podsfoo", "/foo/", "/foo/pods/a", "pods/a", "//pods/a"])
    func refusesForeign(key: String) throws {
        let keys = try KeySpace(pathPrefix: "/registry", resourcePrefix: "/pods")
        for recursive in [false, true] {
            let error = #expect(throws: StorageError.self) { try keys.prepare(key, recursive: recursive) }
            #expect(error?.message.contains("lacks resource prefix") == true)
        }
    }

    @Test("The resource itself can be listed but isn't an object")
    func listsTheResource() throws {
        let keys = try KeySpace(pathPrefix: "/registry", resourcePrefix: "/pods/")
        #expect(try keys.prepare("/pods", recursive: true) == "/registry/pods/")
        #expect(try keys.prepare("/pods/ns", recursive: true) == "/registry/pods/ns/")
        #expect(try keys.prepare("/pods/ns/", recursive: true) == "/registry/pods/ns/")
        #expect(code { try keys.prepare("/pods") } == .invalidKey)
    }
}

/// The code of the storage error that something throws; nil when it throws none.
func code(_ body: () throws -> some Any) -> StorageError.Code? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? StorageError)?.code
    }
}
