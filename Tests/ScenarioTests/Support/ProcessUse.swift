//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What this process uses of the machine.
enum ProcessUse {
    /// Open descriptors; nil where there's no /proc.
    static var descriptors: Int? {
        // One of them is that of the listing itself.
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map { $0.count - 1 }
    }

    /// Bytes of memory that are in RAM; nil where there's no /proc.
    static var residentBytes: Int? {
        guard let data = FileManager.default.contents(atPath: "/proc/self/statm") else { return nil }
        let fields = String(decoding: data, as: UTF8.self).split(separator: " ")
        return fields.count > 1 ? Int(fields[1]).map { $0 * sysconf(Int32(_SC_PAGESIZE)) } : nil
    }

    /// Bytes that the C library's allocator has given out and not taken back, over all its arenas; nil where it can't be asked.
    ///
    /// Unlike ``residentBytes`` this knows nothing of what the allocator keeps for later, so that a small leak shows.
    static var liveBytes: Int? {
        #if os(Linux)
        // Swift's view of the C library is without malloc.h.
        typealias Report = @convention(c) (Int32, UnsafeMutablePointer<FILE>) -> Int32
        guard let symbol = dlsym(nil, "malloc_info") else { return nil }
        let report = unsafeBitCast(symbol, to: Report.self)
        var (text, length): (UnsafeMutablePointer<CChar>?, Int) = (nil, 0)
        guard let file = open_memstream(&text, &length) else { return nil }
        let status = report(0, file)
        fclose(file)
        defer { free(text) }
        guard status == 0, let text else { return nil }
        // After those of each arena come the sums.
        let lines = String(cString: text).split(separator: "\n")
        func size(_ line: String) -> Int? {
            lines.last { $0.hasPrefix("<\(line)\"") }?.split(separator: "\"").last { Int($0) != nil }.flatMap { Int($0) }
        }
        guard let taken = size("system type=\"current"), let mapped = size("total type=\"mmap"), let small = size("total type=\"fast"),
            let rest = size("total type=\"rest")
        else { return nil }
        return taken + mapped - small - rest
        #else
        return nil
        #endif
    }

    /// Whether Swift Testing keeps a backtrace of every error that is thrown, as it does unless `SWT_SWIFT_ERROR_BACKTRACING_ENABLED` is 0: what is
    /// allocated grows with them.
    static var keepsBacktraces: Bool { ProcessInfo.processInfo.environment["SWT_SWIFT_ERROR_BACKTRACING_ENABLED"] != "0" }

    /// Processor time so far, of all threads.
    static var processorTime: Duration {
        var usage = rusage()
        #if os(Linux)
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #else
        getrusage(RUSAGE_SELF, &usage)
        #endif
        func duration(_ time: timeval) -> Duration { .seconds(Int64(time.tv_sec)) + .microseconds(Int64(time.tv_usec)) }
        return duration(usage.ru_utime) + duration(usage.ru_stime)
    }
}
