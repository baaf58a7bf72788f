//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What some work took of this process and of time.
public struct Measurement: Sendable {
    /// User and system time of all threads, in microseconds. Children don't count, etcd among them.
    public var cpu: Double
    /// In microseconds.
    public var wall: Double
    /// How many operations there were.
    public var operations: Int
    /// The median time of one operation in microseconds, where it was taken.
    public var median: Double
    /// The most memory that the process ever had, in MB.
    public var peakMemory: Double

    /// A measurement.
    public init(cpu: Double, wall: Double, operations: Int, median: Double = 0, peakMemory: Double = 0) {
        self.cpu = cpu
        self.wall = wall
        self.operations = operations
        self.median = median
        self.peakMemory = peakMemory
    }

    /// The median of each number by itself.
    public init(medianOf measurements: [Measurement]) {
        func median(_ value: (Measurement) -> Double) -> Double {
            let sorted = measurements.map(value).sorted()
            return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        }
        self.init(
            cpu: median(\.cpu), wall: median(\.wall), operations: measurements.first?.operations ?? 0, median: median(\.median),
            peakMemory: median(\.peakMemory))
    }

    /// Microseconds of CPU an operation.
    public var cpuPerOperation: Double { cpu / Double(max(1, operations)) }
    /// Microseconds an operation, one after the other.
    public var wallPerOperation: Double { wall / Double(max(1, operations)) }
    /// Thousands of operations a second.
    public var thousandsPerSecond: Double { Double(operations) / wall * 1e3 }

    /// As the floor prints it, see `EtcdFloor.h`.
    public var line: String { "\(cpu) \(wall) \(median) \(operations) \(Int(peakMemory * 1e6 / 1024))" }

    /// Measures what `body` takes; it returns how many operations it did.
    public static func of(_ body: () async throws -> Int) async throws -> Measurement {
        let before = Usage.now()
        let operations = try await body()
        let after = Usage.now()
        return Measurement(
            cpu: after.cpu - before.cpu, wall: (after.time - before.time) / .microseconds(1), operations: operations, peakMemory: after.peakMemory)
    }

    /// Measures operations of which so many are always under way. Each task does every `inFlight`-th operation.
    public static func load(
        inFlight: Int = 64, operations: Int, _ operation: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> Measurement {
        try await of {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for first in 0..<inFlight {
                    group.addTask {
                        for index in stride(from: first, to: operations, by: inFlight) { try await operation(index) }
                    }
                }
                try await group.waitForAll()
            }
            return operations
        }
    }

    /// Measures operations one after the other, and their median.
    public static func oneByOne(operations: Int, _ operation: (Int) async throws -> Void) async throws -> Measurement {
        var times: [Double] = []
        times.reserveCapacity(operations)
        var measurement = try await of {
            for index in 0..<operations {
                let start = microsecondsNow()
                try await operation(index)
                times.append(microsecondsNow() - start)
            }
            return operations
        }
        measurement.median = times.sorted()[operations / 2]
        return measurement
    }
}

/// As the floor tells the time: what stands between two operations delays the next, so it's to be as little for both.
private func microsecondsNow() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
}

/// What the process has used so far.
private struct Usage {
    var cpu: Double
    var peakMemory: Double
    var time = ContinuousClock.now

    static func now() -> Usage {
        var usage = rusage()
        #if canImport(Darwin)
        getrusage(RUSAGE_SELF, &usage)
        let bytesPerUnit = 1.0
        #else
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let bytesPerUnit = 1024.0
        #endif
        func microseconds(_ time: timeval) -> Double { Double(time.tv_sec) * 1e6 + Double(time.tv_usec) }
        return Usage(cpu: microseconds(usage.ru_utime) + microseconds(usage.ru_stime), peakMemory: Double(usage.ru_maxrss) * bytesPerUnit / 1e6)
    }
}

/// Prints a line that is seen at once, also through a pipe.
public func printNow(_ line: String) {
    print(line)
    fflush(nil)
}
