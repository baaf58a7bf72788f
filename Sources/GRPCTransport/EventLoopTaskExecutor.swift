//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// Runs tasks on an event loop, so that what a connection there brings them costs no change of threads.
final class EventLoopTaskExecutor: TaskExecutor {
    private struct Queue {
        var jobs: [UnownedJob] = []
        /// Empty but for its memory.
        var spare: [UnownedJob] = []
        var isScheduled = false
    }

    let eventLoop: any EventLoop
    private let queue = Mutex(Queue())

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let wakes = queue.withLock { queue in
            queue.jobs.append(job)
            defer { queue.isScheduled = true }
            return !queue.isScheduled
        }
        if wakes { eventLoop.execute { self.runJobs() } }
    }

    /// Has jobs wait for ``runJobs()``, which is to follow soon, rather than for their turn: on a loop with little to do that is most of what
    /// a turn costs. To be called on the loop.
    func holdJobs() { queue.withLock { $0.isScheduled = true } }

    /// Runs what is ready, on the loop. Jobs that these make ready come after what else the loop has to do.
    func runJobs() {
        var jobs = queue.withLock { queue in
            queue.isScheduled = false
            let jobs = queue.jobs
            queue.jobs = queue.spare
            queue.spare = []
            return jobs
        }
        let executor = asUnownedTaskExecutor()
        for job in jobs { job.runSynchronously(on: executor) }
        jobs.removeAll(keepingCapacity: true)
        queue.withLock { $0.spare = jobs }
    }
}
