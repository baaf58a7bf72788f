//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import ServiceLifecycle
import Subprocess
import Synchronization
import SystemPackage

/// A real etcd of one member, run as a child process on free loopback ports, with data that survives restarts.
///
/// When etcd dies it is started again on the same ports, so that clients find it where it was. When this process ends, however it ends, etcd ends:
/// a small shell between the two waits for a pipe to close, which the kernel does for us even after `kill -9`.
struct ManagedEtcd: Service, CustomStringConvertible {
    let endpoint: String
    private let executable: FilePath
    private let arguments: [String]
    private let logFile: FilePath
    private let logger: Logger

    /// Prepares an etcd in a data directory; ``run()`` starts it.
    init(in directory: DataDirectory, executable: FilePath, logger: Logger) throws {
        let ports = try LoopbackPorts.free(2)
        let client = "http://127.0.0.1:\(ports[0])"
        let peer = "http://127.0.0.1:\(ports[1])"
        self.endpoint = client
        self.executable = executable
        self.logFile = directory.file("etcd.log")
        self.logger = logger
        arguments = [
            "--name=keelson", "--data-dir=\(directory.file("etcd"))", "--listen-client-urls=\(client)", "--advertise-client-urls=\(client)",
            "--listen-peer-urls=\(peer)", "--initial-advertise-peer-urls=\(peer)", "--initial-cluster=keelson=\(peer)",
            "--log-outputs=\(logFile)", "--log-level=warn",
        ]
    }

    var description: String { "managed etcd" }

    /// Finds etcd on the PATH, or says how to get it.
    static func find(_ named: String?) async throws -> FilePath {
        let name = named ?? "etcd"
        do {
            return try await Executable.name(name).resolveExecutablePath(in: .inherit)
        } catch {
            throw SetupError("can't find \(name): install etcd 3.5 or newer, name it with --etcd, or use a cluster with --etcd-servers (\(error))")
        }
    }

    func run() async throws {
        var pause = RestartPause()
        while !Task.isShuttingDownGracefully && !Task.isCancelled {
            let started = ContinuousClock.now
            let (status, output) = try await runOnce()
            if Task.isShuttingDownGracefully || Task.isCancelled { break }
            let wait = try pause.next(lifetime: started.duration(to: .now), status: "\(status)", output: output, log: logFile)
            logger.warning("etcd ended and is started again", metadata: ["status": "\(status)", "wait": "\(wait)"])
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: wait) }
        }
    }

    /// Runs etcd until it ends by itself, or until this service is to stop.
    /// - Returns: how it ended, and the last that it wrote outside its log.
    private func runOnce() async throws -> (TerminationStatus, String) {
        var options = PlatformOptions()
        // A group of its own: Ctrl-C in the terminal reaches us alone, and we stop etcd last.
        options.processGroupID = 0
        let result = try await Subprocess.run(
            .path("/bin/sh"), arguments: Arguments(["-c", Self.watchdog, "keelson-etcd", executable.string] + arguments),
            environment: .inherit.updating(Self.environment), platformOptions: options, input: .inputWriter, output: .sequence,
            error: .combinedWithOutput
        ) { execution in
            let output = execution.standardOutput
            let lines = await withTaskGroup(of: [String]?.self) { group in
                group.addTask {
                    // Whatever etcd says before its log file is open; the end of it is etcd's end.
                    var lines: [String] = []
                    do {
                        for try await line in output.strings() {
                            logger.info("etcd: \(line)")
                            if lines.count < Self.keptLines { lines.append(line) }
                        }
                    } catch {
                        logger.debug("etcd's output can't be read any more", metadata: ["error": "\(error)"])
                    }
                    return lines
                }
                group.addTask {
                    do {
                        try await gracefulShutdown()
                    } catch {
                        // Cancelled: either etcd ended by itself or we are to stop at once. The pipe is closed below in both cases.
                    }
                    return nil
                }
                let first = await group.next()
                group.cancelAll()
                return first.flatMap { $0 } ?? []
            }
            try await execution.standardInputWriter.finish()
            return lines
        }
        return (result.terminationStatus, result.closureResult.joined(separator: "\n"))
    }

    private static let keptLines = 3

    /// Idle watches learn every few seconds how far etcd is, so that they can be resumed from there. The flag has one name in etcd 3.5 and another in
    /// 3.6, and each release refuses the other's; a variable that it doesn't know it passes over.
    private static let environment: [Environment.Key: String?] = [
        "ETCD_EXPERIMENTAL_WATCH_PROGRESS_NOTIFY_INTERVAL": "5s", "ETCD_WATCH_PROGRESS_NOTIFY_INTERVAL": "5s",
    ]

    /// Starts etcd, and stops it when standard input closes. `$@` is etcd's command line.
    private static let watchdog = """
        exec 3<&0
        "$@" </dev/null 3<&- &
        etcd=$!
        trap 'kill -TERM $etcd 2>/dev/null' TERM INT HUP
        (trap '' TERM INT HUP; cat <&3; kill -TERM $etcd) >/dev/null 2>&1 &
        watcher=$!
        exec 3<&-
        wait $etcd
        status=$?
        kill -KILL $watcher 2>/dev/null
        exit $status
        """
}

/// How long to wait before etcd is started again: longer each time it dies at once, and not for ever.
struct RestartPause {
    private var quickDeaths = 0

    /// The wait after an etcd that lived for `lifetime`.
    mutating func next(lifetime: Duration, status: String, output: String, log: FilePath) throws -> Duration {
        quickDeaths = lifetime < .seconds(5) ? quickDeaths + 1 : 0
        guard quickDeaths < 5 else {
            throw SetupError("etcd ends as soon as it starts (\(status)); see \(log)\(output.isEmpty ? "" : ". It said: \(output)")")
        }
        return .milliseconds(100 << quickDeaths)
    }
}
