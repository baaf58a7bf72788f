//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// How long calls of one lane take at one endpoint: a moving average that a single outlier hardly moves.
struct LatencyAverage {
    /// The share of a new sample.
    static let weight = 0.1
    /// A sample counts at most so much, in seconds: one call that waited for something else must not stand for all.
    static let cap = 5.0
    /// What the average says before so many samples is not to be trusted.
    static let trusted = 5
    /// An endpoint that improved must get a chance to show it…
    static let memory: TimeAmount = .minutes(5)
    /// …and sooner when it was left for being slow: nobody measures it any more, and the next may become slow too.
    static let memoryOfLeft: TimeAmount = .seconds(30)

    private(set) var seconds = 0.0
    private(set) var samples = 0
    private var last = NIODeadline.uptimeNanoseconds(0)
    private var memory = Self.memory

    mutating func add(_ latency: TimeAmount, at now: NIODeadline) {
        let sample = min(Double(latency.nanoseconds) / 1e9, Self.cap)
        if samples == 0 || last + memory < now {
            seconds = sample
            samples = 1
            memory = Self.memory
        } else {
            seconds += (sample - seconds) * Self.weight
            samples += 1
        }
        last = now
    }

    /// The calls go elsewhere because of it. What still comes of those that are under way doesn't change that.
    mutating func left() { memory = Self.memoryOfLeft }

    /// The average in seconds, if it is known and not forgotten.
    func value(at now: NIODeadline) -> Double? { samples >= Self.trusted && now <= last + memory ? seconds : nil }
}
