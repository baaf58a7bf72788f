//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A shell that outlives this process by a moment: when this process ends, however it ends, it kills the children that are
/// left and removes the temporary directories.
///
/// It reads orders from a pipe whose only writing end is ours; the end of this process is the end of the pipe.
final class Watchdog: Sendable {
    static let shared = Watchdog()

    private let pipe: Mutex<Int32?>

    init() {
        pipe = Mutex(Watchdog.start())
    }

    /// What the end of this process does to it.
    func abandon() {
        pipe.withLock { descriptor in
            if let open = descriptor { close(open) }
            descriptor = nil
        }
    }

    func guardProcess(_ pid: pid_t) { order("+p \(pid)") }
    func releaseProcess(_ pid: pid_t) { order("-p \(pid)") }
    func guardDirectory(_ path: String) { order("+d \(path)") }
    func releaseDirectory(_ path: String) { order("-d \(path)") }

    private func order(_ line: String) {
        pipe.withLock { descriptor in
            guard let open = descriptor else { return }
            let bytes = Array("\(line)\n".utf8)
            // Shorter than PIPE_BUF, so it is written whole.
            if write(open, bytes, bytes.count) != bytes.count {
                complain("the watchdog is gone (\(String(cString: strerror(errno)))): children may outlive this process if it crashes")
                close(open)
                descriptor = nil
            }
        }
    }

    private static let script = """
        trap '' INT TERM HUP
        pids=' '
        dirs=' '
        while read -r order what; do
            case $order in
            +p) pids="$pids$what " ;;
            -p) pids="${pids%% $what *} ${pids#* $what }" ;;
            +d) dirs="$dirs$what " ;;
            -d) dirs="${dirs%% $what *} ${dirs#* $what }" ;;
            esac
        done
        for pid in $pids; do kill -KILL "$pid"; done
        for dir in $dirs; do rm -rf "$dir"; done
        """

    private static func start() -> Int32? {
        // A watchdog that was killed by hand must not kill us in turn.
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [-1, -1]
        #if os(Linux)
        // Not a pipe, because only sockets can be made close-on-exec from Swift in one step, and another thread may be spawning a child just now.
        let made = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends)
        #else
        let made = Foundation.pipe(&ends)
        if made == 0 { for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) } }
        #endif
        guard made == 0 else {
            complain("no watchdog (\(String(cString: strerror(errno)))): children may outlive this process if it crashes")
            return nil
        }
        defer { close(ends[0]) }
        do throws(EtcdTestKitError) {
            _ = try ChildProcess.spawn(executable: "/bin/sh", arguments: ["-c", script], redirect: .input(ends[0]))
            return ends[1]
        } catch {
            complain("no watchdog (\(error)): children may outlive this process if it crashes")
            close(ends[1])
            return nil
        }
    }
}

/// Writes a line to standard error.
func complain(_ text: String) {
    FileHandle.standardError.write(Data("EtcdTestKit: \(text)\n".utf8))
}
