//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import Testing

@Suite("Secrets in what is printed")
struct SecrecyTests {
    struct Holder<Value> {
        var value: Value
    }

    /// All that a program may print by chance.
    private func prints(_ value: some Any) -> [String] {
        var dumped = ""
        dump(Holder(value: value), to: &dumped)
        return ["\(value)", String(reflecting: value), "\([value])", "\(Holder(value: value))", dumped]
    }

    @Test("A password or a token isn't printed, in whatever it is held")
    func secrets() {
        let secret = "correct horse"
        let all =
            prints(UserCredential.password(secret)) + prints(EtcdCredentials.User(name: "a", password: secret))
            + prints(EtcdCredentials.user("a", password: secret)) + prints(EtcdCredentials.token(secret))
        for text in all { #expect(!text.contains(secret), "\(text)") }
        #expect("\(UserCredential.password(secret))" != "\(UserCredential.certificateOnly)")
        #expect(UserCredential.password(secret) == .password(secret) && UserCredential.password(secret) != .password(""))
    }
}
