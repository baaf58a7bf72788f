//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Logging

/// Where the time of one operation goes, in case it turns out to be slow. Costs a look at the clock a step and allocates nothing.
///
/// Source of the rule: upstream etcd3.store's traces of what takes longer than half a second.
struct OperationTrace: Sendable {
    enum Step: Int, Sendable, CaseIterable {
        /// Between the others.
        case own
        /// etcd reads.
        case read
        /// What was read is decrypted and looked at.
        case decode
        /// The caller decides: preconditions, validation, the update itself.
        case caller
        /// A lease is had.
        case lease
        /// What is to be written is encrypted.
        case encode
        /// etcd writes, and what it did is found out if need be.
        case write
    }

    /// What a slow operation is reported with.
    struct Report: Sendable, Hashable {
        var total: Duration
        /// Such as `read 2x 0.51 s`, in the order of ``Step``; steps that were not taken are left out.
        var steps: [String]
    }

    /// nil measures nothing.
    let threshold: Duration?
    private let start: ContinuousClock.Instant
    private var step = Step.own
    private var since: ContinuousClock.Instant
    private var nanoseconds = SIMD8<Int64>()
    private var counts = SIMD8<Int32>()

    /// Measures nothing.
    static let none = OperationTrace(threshold: nil, now: .now)

    init(threshold: Duration?, now: ContinuousClock.Instant) {
        self.threshold = threshold
        start = now
        since = now
    }

    /// A step begins, and the one before it ends.
    mutating func enter(_ next: Step) {
        if threshold != nil { enter(next, at: .now) }
    }

    mutating func enter(_ next: Step, at now: ContinuousClock.Instant) {
        guard threshold != nil else { return }
        nanoseconds[step.rawValue] &+= (now - since).nanoseconds
        counts[next.rawValue] &+= 1
        step = next
        since = now
    }

    /// What to report at the operation's end; nil when it was fast enough.
    func report(at now: ContinuousClock.Instant) -> Report? {
        guard let threshold, now - start >= threshold else { return nil }
        var ended = self
        ended.enter(.own, at: now)
        let steps = Step.allCases.dropFirst().compactMap { step -> String? in
            let count = ended.counts[step.rawValue]
            guard count > 0 else { return nil }
            return "\(step) \(count)x \(OperationTrace.text(.nanoseconds(ended.nanoseconds[step.rawValue])))"
        }
        return Report(total: now - start, steps: steps)
    }

    /// In milliseconds, which nobody needs more exactly.
    static func text(_ duration: Duration) -> String { "\(duration.nanoseconds / 1_000_000) ms" }
}

extension EtcdStorage {
    /// The trace of an operation that begins now.
    func trace() -> OperationTrace {
        guard let threshold = configuration.slowOperationThreshold else { return .none }
        return OperationTrace(threshold: threshold, now: .now)
    }

    /// Says where the time went, if it was much.
    func finish(_ trace: OperationTrace, _ operation: String, _ key: String) {
        guard trace.threshold != nil, let report = trace.report(at: .now) else { return }
        logger.notice(
            "a slow operation",
            metadata: [
                "operation": "\(operation)", "resource": "\(configuration.groupResource)", "key": "\(key)",
                "duration": "\(OperationTrace.text(report.total))", "steps": "\(report.steps.joined(separator: ", "))",
            ])
    }
}
