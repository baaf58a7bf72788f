//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Storage

/// A storage doesn't behave as it must.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
    /// The row, what was done, what was expected and what came instead.
    public let description: String

    /// A failure.
    public init(_ description: String) {
        self.description = description
    }

    func of(_ behaviour: ConformanceCase) -> ConformanceFailure {
        ConformanceFailure("\(behaviour.description): \(description)")
    }
}

/// Fails unless something holds.
func require(_ condition: Bool, _ otherwise: @autoclosure () -> String, line: Int = #line, file: String = #fileID) throws {
    guard condition else { throw ConformanceFailure("\(otherwise()) (\(file):\(line))") }
}

/// Fails unless two things are equal.
func requireEqual<Value: Equatable>(
    _ found: Value, _ expected: Value, _ what: @autoclosure () -> String, line: Int = #line, file: String = #fileID
) throws {
    try require(found == expected, "\(what()): expected \(expected), found \(found)", line: line, file: file)
}

/// The value, which must be there.
func required<Value>(_ value: Value?, _ what: @autoclosure () -> String, line: Int = #line, file: String = #fileID) throws -> Value {
    guard let value else { throw ConformanceFailure("\(what()): nothing (\(file):\(line))") }
    return value
}

/// The storage error that something throws, which must be of a code.
@discardableResult
func requireError(
    _ codes: StorageError.Code..., of what: @autoclosure () -> String, line: Int = #line, file: String = #fileID, _ body: () async throws -> some Any
) async throws -> StorageError {
    let expected = codes.map(\.description).joined(separator: " or ")
    do {
        let value = try await body()
        throw ConformanceFailure("\(what()): expected \(expected), found no error but \(value) (\(file):\(line))")
    } catch let error as StorageError {
        try require(codes.contains(error.code), "\(what()): expected \(expected), found \(error)", line: line, file: file)
        return error
    }
}
