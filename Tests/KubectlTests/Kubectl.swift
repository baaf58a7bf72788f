//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import SystemPackage
import Testing

/// A real kubectl (`KUBECTL`, or the one on the PATH) that talks to one server.
struct Kubectl: Sendable {
    /// How a call ended.
    struct Outcome: Sendable {
        let succeeded: Bool
        let output: String
        let errors: String
    }

    private let environment: Environment
    private let home: ScratchDirectory
    let executable: Executable

    init(_ server: KeelsonServer, extraEnvironment: [Environment.Key: String?] = [:]) throws {
        home = try ScratchDirectory()
        var values: [Environment.Key: String?] = ["KUBECONFIG": server.kubeconfig, "HOME": home.path]
        values.merge(extraEnvironment) { $1 }
        environment = Environment.inherit.updating(values)
        let name = ProcessInfo.processInfo.environment["KUBECTL"] ?? "kubectl"
        executable = name.contains("/") ? .path(FilePath(name)) : .name(name)
    }

    /// Runs kubectl to its end, whatever that is.
    func attempt(_ arguments: [String], input: String = "") async throws -> Outcome {
        let result = try await Subprocess.run(
            executable, arguments: Arguments(arguments), environment: environment, input: .string(input),
            output: .string(limit: 64 << 20), error: .string(limit: 1 << 20))
        return Outcome(succeeded: result.terminationStatus.isSuccess, output: result.standardOutput, errors: result.standardError)
    }

    /// Runs kubectl, which must succeed, and gives its output.
    @discardableResult
    func callAsFunction(_ arguments: String..., input: String = "", sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
        let outcome = try await attempt(arguments, input: input)
        try #require(
            outcome.succeeded, "kubectl \(arguments.joined(separator: " ")): \(outcome.errors)\(outcome.output)", sourceLocation: sourceLocation)
        return outcome.output
    }

    /// Runs kubectl, which must fail, and gives what it complained about.
    func failure(_ arguments: String..., input: String = "", sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
        let outcome = try await attempt(arguments, input: input)
        try #require(
            !outcome.succeeded, "kubectl \(arguments.joined(separator: " ")) succeeded: \(outcome.output)", sourceLocation: sourceLocation)
        return outcome.errors
    }

    /// Runs kubectl for as long as `body` runs, with its output at hand; for `get -w`.
    func following<Result: Sendable>(_ arguments: String..., body: @escaping @Sendable (OutputLines) async throws -> Result) async throws -> Result {
        let outcome = try await Subprocess.run(
            executable, arguments: Arguments(arguments), environment: environment, input: .none, output: .sequence, error: .combinedWithOutput
        ) { execution in
            let lines = OutputLines()
            let output = execution.standardOutput
            let pid = execution.processIdentifier.value
            return try await withThrowingTaskGroup(of: Result?.self) { group in
                group.addTask {
                    for try await line in output.strings() { lines.append(line) }
                    lines.finish()
                    return nil
                }
                group.addTask {
                    defer { kill(pid, SIGKILL) }
                    return try await body(lines)
                }
                var result: Result?
                while let next = try await group.next() { if let next { result = next } }
                return result
            }
        }
        return try #require(outcome.closureResult)
    }
}
