//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// One direction of a connection through a proxy: what was read and isn't written yet, and what is to be done to it.
///
/// A value without sockets and clocks.
struct ProxyFlow: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What holds for a whole direction of a proxy.
    struct Rules: Sendable {
        var hole: FaultProxy.Hole?
        var delay = Duration.zero
        var jitter = Duration.zero
        var bytesPerSecond: Int?
    }

    /// How the source ended.
    enum SourceEnd: Sendable { case finished, reset }

    /// What to do now.
    enum Step {
        case write(ArraySlice<UInt8>)
        case wait(until: Instant)
        /// Nothing, until bytes come or the rules change.
        case idle
        /// Pass the source's end on.
        case finish
        /// Pass the source's breaking off on.
        case reset
        /// End the connection here.
        case cut(FaultProxy.Ending)
    }

    /// More isn't read ahead, so that a slow sink slows the source down.
    static let capacity = 4 << 20

    /// Bytes that came from the source.
    private(set) var received = 0
    /// Bytes that went to the sink.
    private(set) var forwarded = 0
    private(set) var sourceEnd: SourceEnd?
    /// Bytes are missing in the middle: the connection can't go on as if nothing had happened.
    private(set) var isTorn = false
    /// The sink was told of the end, or is gone: what still comes is thrown away.
    var isOver = false
    var cut: FaultProxy.Cut?
    var flips: [Int: UInt8] = [:]

    private struct Chunk {
        var bytes: ArraySlice<UInt8>
        var due: Instant
    }

    private var chunks: [Chunk] = []
    private var queued = 0
    private var allowance = 0.0
    private var allowanceSince: Instant?

    /// Whether to read from the source.
    func wantsBytes(_ rules: Rules) -> Bool {
        sourceEnd == nil && rules.hole != .hold && (isOver || rules.hole == .drop || queued < Self.capacity)
    }

    /// Takes what the source sent. `jitter` is a random number from −1 to 1.
    mutating func take(_ bytes: ArraySlice<UInt8>, _ rules: Rules, now: Instant, jitter: Double) {
        let start = received
        received += bytes.count
        if isOver { return }
        if rules.hole == .drop {
            isTorn = true
            return
        }
        var bytes = bytes
        for (offset, mask) in flips where offset >= start && offset < received { bytes[bytes.startIndex + offset - start] ^= mask }
        queued += bytes.count
        // What came first goes first.
        let due = max(now + max(rules.delay + rules.jitter * jitter, .zero), chunks.last?.due ?? now)
        chunks.append(Chunk(bytes: bytes, due: due))
    }

    mutating func sourceEnded(_ end: SourceEnd) {
        if sourceEnd != .reset { sourceEnd = end }
    }

    mutating func wrote(_ count: Int) {
        forwarded += count
        queued -= count
        allowance -= Double(count)
        guard let first = chunks.first else { return }
        if count >= first.bytes.count { chunks.removeFirst() } else { chunks[0].bytes = first.bytes.dropFirst(count) }
    }

    mutating func next(_ rules: Rules, now: Instant) -> Step {
        if isOver || rules.hole != nil { return .idle }
        if isTorn { return .reset }
        if let cut, forwarded >= cut.offset { return .cut(cut.ending) }
        guard let chunk = chunks.first else {
            switch sourceEnd {
            case .finished: return .finish
            case .reset: return .reset
            case nil: return .idle
            }
        }
        guard chunk.due <= now else { return .wait(until: chunk.due) }
        var count = chunk.bytes.count
        if let cut { count = min(count, cut.offset - forwarded) }
        if let rate = rules.bytesPerSecond {
            let allowed = allowed(rate: Double(rate), now: now)
            guard allowed >= 1 else { return .wait(until: now + .milliseconds(max(5, 1000 / rate))) }
            count = min(count, allowed)
        }
        return .write(chunk.bytes.prefix(count))
    }

    private mutating func allowed(rate: Double, now: Instant) -> Int {
        if let since = allowanceSince { allowance += (now - since) / .seconds(1) * rate }
        allowanceSince = now
        // Time in which nothing was to be sent is no reason for a burst.
        allowance = min(max(allowance, 0), max(rate / 20, 1))
        return Int(allowance)
    }
}
