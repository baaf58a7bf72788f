//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import struct BenchmarkMeasurement.Measurement
import EtcdFloor
import Foundation

/// The C floor in a process of its own: this same executable, told to be it. Or another peer, an executable beside this one. What they cost isn't
/// counted as this process's.
public final class FloorProcess: Sendable {
    /// It failed; it has said why on standard error.
    public struct Failure: Error, CustomStringConvertible {
        /// What was run, and what came of it.
        public var description: String
    }

    private let process: Process
    private let output: FileHandle
    private let arguments: [String]

    /// Becomes the floor if the command line says so. To be called first in every benchmark's `main`.
    public static func takeOverIfAsked() {
        guard CommandLine.argc > 1, CommandLine.arguments[1] == "floor" else { return }
        exit(etcd_floor_main(CommandLine.argc - 2, CommandLine.unsafeArgv + 2))
    }

    /// Runs a command (see `EtcdFloor.h`) to its end.
    @discardableResult
    public static func run(_ arguments: [String], by executable: String? = nil) async throws -> Measurement {
        try await FloorProcess(arguments, by: executable).measurement()
    }

    /// Starts a command.
    /// - Parameter executable: the peer's name; nil for the floor.
    public init(_ arguments: [String], by executable: String? = nil) throws {
        self.arguments = arguments
        let pipe = Pipe()
        process = Process()
        let own = Bundle.main.executableURL
        process.executableURL = executable.flatMap { own?.deletingLastPathComponent().appending(path: $0) } ?? own
        process.arguments = (executable == nil ? ["floor"] : []) + arguments
        process.standardOutput = pipe
        output = pipe.fileHandleForReading
        try process.run()
    }

    /// Waits until a watch is made.
    public func waitUntilReady() async throws {
        guard try await nextLine() == "ready" else { throw Failure(description: "\(arguments): it isn't ready") }
    }

    /// Waits for the end.
    public func measurement() async throws -> Measurement {
        let line = try await nextLine()
        let numbers = line.split(separator: " ").compactMap { Double($0) }
        guard numbers.count == 5 else { throw Failure(description: "\(arguments): \(line)") }
        return Measurement(
            cpu: numbers[0], wall: numbers[1], operations: Int(numbers[3]), median: numbers[2], peakMemory: numbers[4] * 1024 / 1e6)
    }

    // The read blocks, so it has a thread of its own.
    private func nextLine() async throws -> String {
        let output = output
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        var line: [UInt8] = []
                        while let byte = try output.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") { line.append(byte) }
                        return String(decoding: line, as: UTF8.self)
                    })
            }
        }
    }
}
