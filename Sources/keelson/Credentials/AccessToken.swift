//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// The bearer token that lets clients in: 256 random bits, made on the first start.
enum AccessToken {
    /// Takes the token of a data directory, making one if there is none.
    static func prepare(in directory: DataDirectory) throws -> String {
        let file = directory.file("token")
        if let stored = try directory.read(file) {
            let token = stored.filter { !$0.isWhitespace }
            guard token.utf8.count >= 32 else {
                throw SetupError("the token in \(file) is shorter than 32 characters: remove the file to have a new one made")
            }
            return token
        }
        let token = makeToken()
        try directory.write(token + "\n", to: file)
        return token
    }

    private static func makeToken() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_")
        // 64 digits: each character carries six bits.
        return String((0..<43).map { _ in digits.randomElement(using: &generator) ?? "0" })
    }
}
