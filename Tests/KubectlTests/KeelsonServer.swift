//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import Synchronization
import SystemPackage
import Testing

/// A `keelson serve` of the build under test, in a process and a data directory of its own.
struct KeelsonServer: Sendable {
    let url: String
    let kubeconfig: String
    let dataDirectory: String
    let processID: Int32

    /// Starts a server, waits until it says that it is ready, runs `body` and stops it by SIGTERM.
    /// - Returns: what `body` returned. Fails the test when the server doesn't end with status 0.
    static func withServer<Result: Sendable>(
        dataDirectory: String? = nil, flags: [String] = [], _ body: @escaping @Sendable (KeelsonServer) async throws -> Result
    ) async throws -> Result {
        let directory = try dataDirectory.map { ScratchDirectory(path: $0, isOwned: false) } ?? ScratchDirectory()
        defer { directory.remove() }
        let data = directory.path + "/data"
        let outcome = try await Subprocess.run(
            .path(FilePath(try executable())), arguments: Arguments(["serve", "--data-dir", data, "--secure-port", "0"] + flags),
            input: .none, output: .sequence, error: .combinedWithOutput
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
                    let ready = try await lines.waitForReadyServer()
                    let server = KeelsonServer(url: ready.url, kubeconfig: ready.kubeconfig, dataDirectory: data, processID: pid)
                    do {
                        let result = try await body(server)
                        kill(pid, SIGTERM)
                        return result
                    } catch {
                        print("--- output of the server\n\(lines.text)\n---")
                        kill(pid, SIGTERM)
                        throw error
                    }
                }
                var result: Result?
                while let next = try await group.next() { if let next { result = next } }
                return (result, lines.text)
            }
        }
        let (result, output) = outcome.closureResult
        #expect(outcome.terminationStatus == .exited(0), "the server ended with \(outcome.terminationStatus): \(output)")
        return try #require(result)
    }

    /// The `keelson` that was built together with these tests.
    static func executable() throws -> String {
        let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let path = folder.appendingPathComponent("keelson").path
        try #require(FileManager.default.isExecutableFile(atPath: path), "no keelson at \(path): build the package first")
        return path
    }
}

/// A folder that goes with the test.
struct ScratchDirectory: Sendable {
    let path: String
    let isOwned: Bool

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("keelson-\(UUID().uuidString)").path
        isOwned = true
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    init(path: String, isOwned: Bool) {
        self.path = path
        self.isOwned = isOwned
    }

    func remove() {
        guard isOwned else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            print("could not remove \(path): \(error)")
        }
    }
}

/// What a process wrote, line by line, for whoever waits for a line.
final class OutputLines: Sendable {
    private struct State {
        var lines: [String] = []
        var finished = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func append(_ line: String) {
        wake { $0.lines.append(line) }
    }

    func finish() {
        wake { $0.finished = true }
    }

    /// All lines so far.
    var text: String { state.withLock { $0.lines.joined(separator: "\n") } }

    /// Waits until a line satisfies a condition; nil when the output ended without one.
    func first<Value>(where condition: (String) -> Value?) async -> Value? {
        var seen = 0
        while true {
            let (lines, finished) = state.withLock { (Array($0.lines[seen...]), $0.finished) }
            for line in lines { if let value = condition(line) { return value } }
            seen += lines.count
            if finished && lines.isEmpty { return nil }
            await change(after: seen)
        }
    }

    private func change(after seen: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.lines.count > seen || state.finished { return true }
                state.waiters.append(continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    fileprivate func waitForReadyServer() async throws -> (url: String, kubeconfig: String) {
        let url = await first { $0.contains(" is ready at ") ? $0.components(separatedBy: " is ready at ").last : nil }
        let kubeconfig = await first { $0.hasPrefix("kubeconfig: ") ? String($0.dropFirst("kubeconfig: ".count)) : nil }
        return (
            try #require(url?.trimmingCharacters(in: .whitespacesAndNewlines), "the server never became ready: \(text)"),
            try #require(kubeconfig?.trimmingCharacters(in: .whitespacesAndNewlines), "the server didn't name its kubeconfig: \(text)")
        )
    }
}
