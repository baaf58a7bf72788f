//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A child process that is reaped as soon as it ends and that the ``Watchdog`` kills when this process dies first.
///
/// PR_SET_PDEATHSIG isn't used: it fires when the *thread* that spawned the child ends, and the threads of Swift's executors come and go.
final class ChildProcess: Sendable {
    private struct State {
        var exitStatus: Int32?
        var waiters: [CheckedContinuation<Int32, Never>] = []
    }

    let pid: pid_t
    private let state = Mutex(State())

    /// Starts a program with its output appended to files. Standard input is empty.
    init(executable: String, arguments: [String], standardOutput: String, standardError: String) throws(EtcdTestKitError) {
        pid = try ChildProcess.spawn(
            executable: executable, arguments: arguments, redirect: .files(output: standardOutput, error: standardError))
        Watchdog.shared.guardProcess(pid)
        // waitid blocks, so it gets a thread of its own, which ends with the child.
        Thread.detachNewThread { [self] in reap() }
    }

    /// Waits for the end. A signal that killed the child gives 128 + its number, as shells have it.
    func waitForExit() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status = state.withLock { state -> Int32? in
                if state.exitStatus == nil { state.waiters.append(continuation) }
                return state.exitStatus
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    /// The exit status; nil while the child runs.
    var exitStatus: Int32? { state.withLock { $0.exitStatus } }

    /// Sends a signal; false when the child has ended. Never hits a stranger: the child isn't reaped while this holds the lock.
    @discardableResult
    func signal(_ signal: Int32) -> Bool {
        state.withLock { state in
            guard state.exitStatus == nil else { return false }
            return kill(pid, signal) == 0
        }
    }

    /// Stops the child where it is, and returns once all its threads stand still.
    func stop() {
        guard signal(SIGSTOP) else { return }
        var information = siginfo_t()
        // Also ends when the child does. Nothing is reaped here.
        while waitid(P_PID, id_t(pid), &information, WSTOPPED | WEXITED | WNOWAIT) != 0, errno == EINTR {}
    }

    private func reap() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        Watchdog.shared.releaseProcess(pid)
        let (status, waiters) = state.withLock { state in
            var raw: Int32 = 0
            while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
            let status = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
            state.exitStatus = status
            defer { state.waiters = [] }
            return (status, state.waiters)
        }
        for waiter in waiters { waiter.resume(returning: status) }
    }
}

extension ChildProcess {
    /// Held while a child is spawned, and between the making of a descriptor and its becoming close-on-exec where that takes two steps: a child that
    /// came in between would keep it open.
    static let spawning = Mutex(())

    /// Where a child's standard streams go.
    enum Redirection {
        case files(output: String, error: String)
        case input(Int32)
    }

    /// Starts a program in a process group of its own, so that Ctrl-C in a terminal reaches only the tests, whose end then ends the child.
    static func spawn(executable: String, arguments: [String], redirect: Redirection) throws(EtcdTestKitError) -> pid_t {
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }

        // The threads of libdispatch block signals, and a child inherits that.
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setpgroup(&attributes, 0)
        var flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETPGROUP)
        #if canImport(Darwin)
        flags |= Int32(POSIX_SPAWN_CLOEXEC_DEFAULT)
        #endif
        posix_spawnattr_setflags(&attributes, Int16(flags))

        switch redirect {
        case .files(let output, let error):
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            posix_spawn_file_actions_addopen(&actions, 2, error, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        case .input(let descriptor):
            posix_spawn_file_actions_adddup2(&actions, descriptor, 0)
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
            posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        }

        #if os(Linux)
        // NIO's sockets aren't close-on-exec: a connection that this process closes would stay open for as long as the child lives. To close what
        // isn't open does nothing, and glibc's way to close all isn't there for Swift.
        for descriptor in 3..<descriptorLimit { posix_spawn_file_actions_addclose(&actions, descriptor) }
        #endif

        var argv: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) }
        argv.append(nil)
        defer { for pointer in argv { free(pointer) } }
        let environment = ProcessInfo.processInfo.environment
            // ETCD_* variables of the developer's shell would configure the members behind our back.
            .filter { !$0.key.hasPrefix("ETCD_") && !$0.key.hasPrefix("ETCDCTL_") }
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") }
        envp.append(nil)
        defer { for pointer in envp { free(pointer) } }

        var pid: pid_t = 0
        let result = spawning.withLock { _ in posix_spawn(&pid, executable, &actions, &attributes, argv, envp) }
        guard result == 0 else { throw EtcdTestKitError("cannot start \(executable): \(String(cString: strerror(result)))") }
        return pid
    }

    #if os(Linux)
    /// Above all descriptors that are open, and those that other threads may open at this moment.
    private static var descriptorLimit: Int32 {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let most = Int32(clamping: limit.rlim_cur)
        do {
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
            return min((open.max() ?? 3) + 256, most)
        } catch {
            // Without /proc nobody tells which are open: as many as a test process ever has.
            return min(4096, most)
        }
    }
    #endif

    /// Finds a program on the PATH, unless it is a path itself.
    static func find(_ program: String) throws(EtcdTestKitError) -> String {
        if program.contains("/") { return program }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin:/usr/local/bin"
        for directory in path.split(separator: ":") where access("\(directory)/\(program)", X_OK) == 0 {
            return "\(directory)/\(program)"
        }
        throw EtcdTestKitError("\(program) is not on the PATH (\(path)): install it")
    }

    /// Runs a program to its end and gives its standard output.
    /// - Throws: when the exit status isn't 0, with what the program wrote.
    static func run(_ program: String, _ arguments: [String]) async throws(EtcdTestKitError) -> String {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let child = try ChildProcess(
            executable: find(program), arguments: arguments, standardOutput: directory.file("out"), standardError: directory.file("err"))
        let status = await child.waitForExit()
        let output = TemporaryDirectory.text(of: directory.file("out"))
        guard status == 0 else {
            throw EtcdTestKitError(
                "\(program) \(arguments.joined(separator: " ")) ended with status \(status): "
                    + TemporaryDirectory.text(of: directory.file("err")) + output)
        }
        return output
    }
}
