//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

package import EtcdTestKit

/// What a server does that none should, or that few do, and what may become of the call that it's about.
package struct Misbehaviour: Sendable {
    /// What becomes of the call.
    package enum Fate: Sendable, Hashable {
        /// The connection is given up, and all its calls with it.
        case connectionLost
        /// It ends by this status.
        case ends(Int32)
        /// Nothing: it's answered as though nothing had been.
        case goesOn
    }

    package var name: String
    package var bytes: [UInt8]
    /// What is right; nil when anything is that ends.
    package var fates: Set<Fate>?
    /// Whether the server proved by it that it hasn't processed the call, which may be made again then.
    package var refuses = false

    package init(_ name: String, _ bytes: [UInt8], _ fates: Set<Fate>?, refuses: Bool = false) {
        self.name = name
        self.bytes = bytes
        self.fates = fates
        self.refuses = refuses
    }

    /// How far the call's answer has come.
    package enum Stage: Int, Sendable, CaseIterable {
        case beforeHeaders, afterHeaders, insidePrefix, insideMessage, afterMessage, afterTrailers
    }

    /// A call that is being answered.
    package struct Victim: Sendable {
        package var stream: UInt32
        package var isUnary: Bool
        package var stage: Stage
        /// An odd stream that the client hasn't opened.
        package var idle: UInt32
        /// The limits of the client.
        package var limits: Limits

        package init(stream: UInt32, isUnary: Bool, stage: Stage, idle: UInt32, limits: Limits) {
            self.stream = stream
            self.isUnary = isUnary
            self.stage = stage
            self.idle = idle
            self.limits = limits
        }

        private static let message: [UInt8] = framed([1, 2, 3])

        /// What was answered so far.
        package var answered: [UInt8] { parts(upTo: stage) }

        /// What is still to be answered, for the call to end well.
        package var rest: [UInt8] { rest(after: stage) }

        func rest(after stage: Stage) -> [UInt8] { Array(parts(upTo: .afterTrailers).dropFirst(parts(upTo: stage).count)) }

        // The message comes in the pieces that make the stages.
        private func parts(upTo stage: Stage) -> [UInt8] {
            let pieces: [[UInt8]] = [
                [], Frames.headers(stream, Frames.okBlock), Frames.data(stream, Array(Self.message[..<2])),
                Frames.data(stream, Array(Self.message[2..<6])), Frames.data(stream, Array(Self.message[6...])), Frames.trailers(stream),
            ]
            return pieces[...stage.rawValue].flatMap { $0 }
        }
    }

    package struct Limits: Sendable {
        package var headerListSize = 16384
        package var messageSize = 1 << 20
        package var idleFrames = 10_000
        package init() {}
    }

    /// The rows of Documentation/scenarios.md that a misbehaving server can make.
    package enum Kind: String, Sendable, CaseIterable {
        case resets = "S13: RST_STREAM"
        case answers = "S14: answers that aren't gRPC's"
        case frames = "S24: malformed HTTP/2"
        case headerBlocks = "S25: header blocks"
        case floods = "S26: floods"
        case messages = "S28: messages that lie"
        case mutations = "S24: answers with mutations"

        /// A misbehaviour drawn by lot.
        package func draw(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
            switch self {
            case .resets: .reset(&random, victim)
            case .answers: .answer(&random, victim)
            case .frames: .frames(&random, victim)
            case .headerBlocks: .headerBlock(&random, victim)
            case .floods: .flood(&random, victim)
            case .messages: .message(&random, victim)
            case .mutations: .mutation(&random, victim)
            }
        }

        /// The stages of an answer that it can come at.
        package var stages: [Stage] {
            switch self {
            case .resets: Stage.allCases
            // These are whole answers, or what comes after headers.
            case .answers, .headerBlocks, .messages, .mutations: [.beforeHeaders]
            case .frames, .floods: Stage.allCases.dropLast()
            }
        }
    }
}

extension SeededRandom {
    package mutating func bytes(_ count: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: count, using: &self)).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }

    package mutating func pick<Element>(_ elements: [Element]) -> Element { elements[Int.random(in: elements.indices, using: &self)] }

    /// The pieces in which bytes come, as a network would have it.
    package mutating func cut(_ bytes: [UInt8]) -> [[UInt8]] {
        let longest = pick([1, 3, 9, 50, 1000, 16384, 1 << 20])
        // A long row of single bytes is only slow.
        let least = bytes.count > 20_000 ? 1000 : 1
        var (pieces, start) = ([[UInt8]](), 0)
        while start < bytes.count {
            let end = min(bytes.count, start + Int.random(in: least...max(longest, least), using: &self))
            pieces.append(Array(bytes[start..<end]))
            start = end
        }
        return pieces
    }
}
