//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import APIMachinery
public import Logging
public import Metrics
public import ServiceLifecycle
public import Storage
import Synchronization

/// Keeps the transformers up to date with the configuration's file.
///
/// The file's contents are compared at an interval and when ``reload()`` is called. A changed file takes effect for all resources at once, after its
/// key management services have answered. A file that is wrong, or whose services don't answer, changes nothing: the last good
/// configuration goes on, and the log says why. The services of the former configuration go on for a while, for the calls that use them.
///
/// Source of the rule: upstream encryptionconfig/controller.
public final class EncryptionConfigurationReloader: Service {
    /// The intervals.
    public struct Timing: Sendable {
        /// How often the file is looked at; nil for only when asked.
        public var interval: Duration?
        /// How long the services of a changed file may take to answer.
        public var readinessTimeout: Duration
        /// The envelopes'.
        public var envelope: KMSEnvelope.Timing

        /// A minute, as upstream has it, and ten seconds.
        public init(
            interval: Duration? = .seconds(60), readinessTimeout: Duration = .seconds(10), envelope: KMSEnvelope.Timing = KMSEnvelope.Timing()
        ) {
            self.interval = interval
            self.readinessTimeout = readinessTimeout
            self.envelope = envelope
        }
    }

    /// Where the file is.
    public let path: String
    private let timing: Timing
    private let keyManagement: EncryptionTransformers.KeyManagementFactory?
    private let logger: Logger
    private let factory: any MetricsFactory
    private let metrics: ReloadMetrics
    let current: CurrentTransformers
    private let requests = ReloadRequests()

    /// Reads the file.
    /// - Parameter metrics: where metrics go; nil for the system's.
    /// - Throws: all that is wrong with it. Key management services aren't asked yet.
    public init(
        path: String, keyManagement: EncryptionTransformers.KeyManagementFactory? = nil, timing: Timing = Timing(), logger: Logger,
        metrics: (any MetricsFactory)? = nil
    ) throws(EncryptionConfigurationError) {
        self.path = path
        self.keyManagement = keyManagement
        self.timing = timing
        self.logger = logger
        factory = metrics ?? MetricsSystem.factory
        self.metrics = ReloadMetrics(factory: factory)
        let file = try ConfigurationFile(path: path)
        current = CurrentTransformers(
            try Self.transformers(file, path: path, keyManagement: keyManagement, timing: timing, logger: logger, metrics: factory),
            digest: file.digest)
    }

    private static func transformers(
        _ file: ConfigurationFile, path: String, keyManagement: EncryptionTransformers.KeyManagementFactory?, timing: Timing, logger: Logger,
        metrics: any MetricsFactory
    ) throws(EncryptionConfigurationError) -> EncryptionTransformers {
        let configuration = try EncryptionConfiguration(parsing: file.text, source: path)
        return try EncryptionTransformers(
            configuration: configuration, keyManagement: keyManagement, timing: timing.envelope, logger: logger, metrics: metrics)
    }

    /// How values of a resource are stored, always by the newest configuration.
    public func transformer(for resource: GroupResource) -> any ValueTransformer {
        ReloadingTransformer(resource: resource, current: current)
    }

    /// How many configurations have taken effect; 1 at first.
    public var generation: Int { current.generation }

    /// Waits until values of every resource can be written by the configuration of now.
    public func waitUntilReady() async throws(CancellationError) { try await current.transformers.waitUntilReady() }

    /// Says that all key management services were well when they were last asked: upstream's health check `kms-providers`.
    public func checkHealth() throws(EncryptionError) { try current.transformers.checkHealth() }

    /// Looks at the file now, and waits until a changed one has taken effect. Needs ``run()``, before or later.
    /// - Returns: whether the file had changed.
    /// - Throws: what is wrong with the new file; `CancellationError` when the reloader has ended.
    @discardableResult
    public func reload() async throws -> Bool {
        try await withCheckedThrowingContinuation { requests.add($0) }
    }

    // MARK: Running

    /// Watches the file and runs the key management services, until the task is cancelled or shut down gracefully.
    public func run() async throws {
        defer { requests.close() }
        try await cancelWhenGracefulShutdown { [self] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                let first = RunningTransformers(current.transformers)
                group.addTask { try await first.run() }
                group.addTask { await self.tick() }
                try await self.serve(&group, running: first)
                group.cancelAll()
                while let result = await group.nextResult() {
                    if case .failure(let error) = result, !(error is CancellationError) { throw error }
                }
            }
        }
    }

    private func tick() async {
        guard let interval = timing.interval else { return }
        while true {
            do {
                try await Task.sleep(for: interval, clock: .continuous)
            } catch {
                return
            }
            requests.tick()
        }
    }

    private func serve(_ group: inout ThrowingTaskGroup<Void, any Error>, running first: RunningTransformers) async throws {
        var running = first
        for await _ in requests.signals {
            let waiting = requests.take()
            do {
                guard let changed = try await change(&group) else {
                    for continuation in waiting { continuation.resume(returning: false) }
                    continue
                }
                // Twice the time that calls may take, as upstream has it.
                running.retire(after: current.transformers.timeouts * 2)
                running = changed.running
                current.replace(with: changed.running.transformers, digest: changed.file.digest)
                metrics.reloaded(isSuccess: true)
                logger.notice("the encryption configuration was reloaded", metadata: ["path": "\(path)", "generation": "\(generation)"])
                for continuation in waiting { continuation.resume(returning: true) }
            } catch {
                for continuation in waiting { continuation.resume(throwing: error) }
            }
        }
    }

    private func change(
        _ group: inout ThrowingTaskGroup<Void, any Error>
    ) async throws -> (file: ConfigurationFile, running: RunningTransformers)? {
        do {
            let file = try ConfigurationFile(path: path)
            guard current.digest != file.digest else {
                current.lastFailure = nil
                return nil
            }
            return (file, try await start(file, &group))
        } catch {
            guard !Task.isCancelled else { throw error }
            metrics.reloaded(isSuccess: false)
            // Tried again at every interval, because a service may come up; told once.
            let failure = "\(error)"
            if current.lastFailure != failure {
                logger.error(
                    "the changed encryption configuration is not used; the last good one stays in effect",
                    metadata: ["path": "\(path)", "error": "\(failure)"])
            }
            current.lastFailure = failure
            throw error
        }
    }

    private func start(_ file: ConfigurationFile, _ group: inout ThrowingTaskGroup<Void, any Error>) async throws -> RunningTransformers {
        let transformers = try Self.transformers(
            file, path: path, keyManagement: keyManagement, timing: timing, logger: logger, metrics: factory)
        let running = RunningTransformers(transformers)
        group.addTask { try await running.run() }
        do {
            try await running.waitUntilReady(timeout: timing.readinessTimeout)
        } catch {
            running.retire(after: .zero)
            throw error
        }
        return running
    }
}
