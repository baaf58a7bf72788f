//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What the watches of a client have in common: the streams that they share, and a clock. Its tasks are those of the client's ``EtcdClient/run()``.
final class WatchHub: Sendable {
    private struct State {
        /// The stream of each group that takes new watchers.
        var streams: [String: SharedWatchStream] = [:]
        /// Streams that wait for a task.
        var newStreams: [SharedWatchStream] = []
        var pulses: [ObjectIdentifier: WatchPulse] = [:]
        var watches = 0
        var runner: CheckedContinuation<Void, Never>?
        var clock: CheckedContinuation<Void, Never>?
        var isStopped = false
    }

    /// How long an answer to a create may take where nothing else is said.
    static let patience: Duration = .seconds(10)

    let hooks: WatchHooks
    /// When streams are probed, whatever their watches ask for.
    let probe: WatchOptions.Liveness?
    private let state = Mutex(State())
    /// Held while the gauge is set, so that what it tells last is what there was last.
    private let gauge = Mutex(())

    init(hooks: WatchHooks = WatchHooks(), probe: WatchOptions.Liveness? = nil) {
        self.hooks = hooks
        self.probe = probe
    }

    // MARK: For watches

    /// A place on a group's stream.
    func join(_ group: String, limit: Int, liveness: WatchOptions.Liveness?, pulse: WatchPulse) -> WatchChannel {
        let (channel, runner, isStopped) = state.withLock { state in
            let stream: SharedWatchStream
            var runner: CheckedContinuation<Void, Never>?
            if let current = state.streams[group], !current.isRetired {
                stream = current
            } else {
                stream = SharedWatchStream(group: group, probe: probe)
                state.streams[group] = stream
                state.newStreams.append(stream)
                runner = state.runner.take()
            }
            return (stream.join(limit: limit, liveness: liveness, pulse: pulse), runner, state.isStopped)
        }
        runner?.resume()
        if isStopped { channel.finish(.broken(.stopped))?.resume() }
        return channel
    }

    func add(_ pulse: WatchPulse) {
        let clock = state.withLock { state in
            state.pulses[ObjectIdentifier(pulse)] = pulse
            if pulse.isWatch { state.watches += 1 }
            return state.clock.take()
        }
        clock?.resume()
        if pulse.isWatch { tellCount() }
    }

    func remove(_ pulse: WatchPulse) {
        let isGone = state.withLock { state in
            guard state.pulses.removeValue(forKey: ObjectIdentifier(pulse)) != nil, pulse.isWatch else { return false }
            state.watches -= 1
            return true
        }
        if isGone { tellCount() }
    }

    private func tellCount() { gauge.withLock { _ in hooks.watches(activeWatches) } }

    /// Watches that haven't ended.
    var activeWatches: Int { state.withLock { $0.watches } }

    /// Streams that watches share.
    var sharedStreams: Int { state.withLock { $0.pulses.values.count { !$0.isWatch } } }

    // MARK: For the client

    /// Runs the streams and the clock until cancelled. Afterwards every watch ends with `stopped`.
    func run(_ client: EtcdClient) async {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.keepTime() }
                while let stream = await self.nextStream() {
                    self.add(stream.pulse)
                    // Where the stream's connection is: what comes is sorted without a change of threads, and the only one left is the consumer's.
                    group.addTask(executorPreference: client.taskExecutor) {
                        await stream.run(client) { self.forget(stream) }
                        self.remove(stream.pulse)
                    }
                }
                group.cancelAll()
            }
        } onCancel: {
            stop()
        }
        for stream in state.withLock({ $0.newStreams }) { stream.stop() }
    }

    private func stop() {
        let waiting = state.withLock { state in
            state.isStopped = true
            return [state.runner.take(), state.clock.take()]
        }
        for task in waiting { task?.resume() }
    }

    /// Waits for a stream that has no task; nil when the hub is stopped.
    private func nextStream() async -> SharedWatchStream? {
        while true {
            let (stream, isStopped) = state.withLock { state in
                (state.isStopped || state.newStreams.isEmpty ? nil : state.newStreams.removeFirst(), state.isStopped)
            }
            if stream != nil || isStopped { return stream }
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard state.newStreams.isEmpty, !state.isStopped else { return false }
                    state.runner = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        }
    }

    /// Lets go of a stream on which nobody is; false when somebody came meanwhile.
    private func forget(_ stream: SharedWatchStream) -> Bool {
        state.withLock { state in
            guard stream.isUnused else { return false }
            if state.streams[stream.group] === stream { state.streams[stream.group] = nil }
            return true
        }
    }

    // MARK: The clock

    private func keepTime() async {
        await withDiscardingTaskGroup { group in
            while let period = await nextPeriod() {
                do { try await Task.sleep(for: period) } catch { break }
                let now = ContinuousClock.now
                var lag: Int64 = 0
                for pulse in state.withLock({ Array($0.pulses.values) }) {
                    if let work = pulse.look(at: now) { group.addTask { await work() } }
                    if pulse.isWatch { lag = max(lag, pulse.lag) }
                }
                hooks.lag(lag)
            }
            group.cancelAll()
        }
    }

    /// How long to wait before the next look; waits for something to look at. nil when the hub is stopped.
    private func nextPeriod() async -> Duration? {
        while true {
            let (pulses, isStopped) = state.withLock { (Array($0.pulses.values), $0.isStopped) }
            if isStopped { return nil }
            if !pulses.isEmpty { return pulses.compactMap(\.period).min() ?? .seconds(1) }
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard state.pulses.isEmpty, !state.isStopped else { return false }
                    state.clock = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        }
    }
}
