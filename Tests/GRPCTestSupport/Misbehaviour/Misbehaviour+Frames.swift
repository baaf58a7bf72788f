//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit

extension Misbehaviour {
    /// Frames that HTTP/2 forbids, or that nobody knows.
    static func frames(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        random.pick([connectionErrors, connectionErrors, malformedLengths, headerFrames, streamErrors, harmless])(&random, victim)
    }

    private static func fatal(_ name: String, _ bytes: [UInt8]) -> Misbehaviour { .init(name, bytes, [.connectionLost]) }

    private static func connectionErrors(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        let some = random.bytes(1...50)
        let even = UInt32.random(in: 1...1000, using: &random) * 2
        let idle = victim.idle + 2 * UInt32.random(in: 0...1000, using: &random)
        let huge = UInt32.random(in: 0x8000_0000...0xffff_ffff, using: &random)
        return random.pick([
            fatal("DATA on stream 0", frame(type: 0, some)),
            fatal("DATA on an idle stream", Frames.data(idle, some)),
            fatal("HEADERS on stream 0", Frames.headers(0, Frames.okBlock)),
            fatal("HEADERS on an even stream", Frames.headers(even, Frames.okBlock)),
            fatal("HEADERS on an idle stream", Frames.headers(idle, Frames.okBlock)),
            fatal("RST_STREAM of stream 0", Frames.reset(0, 8)),
            fatal("RST_STREAM of an idle stream", Frames.reset(idle, 8)),
            fatal("WINDOW_UPDATE of an idle stream", Frames.windowUpdate(idle, 1)),
            fatal("a connection window that overflows", Frames.windowUpdate(0, 0x7fff_ffff)),
            fatal("a window update of nothing", Frames.windowUpdate(0, 0)),
            fatal("SETTINGS on a stream", frame(type: 4, stream: victim.stream, [0, 3, 0, 0, 0, 1])),
            fatal("an acknowledgement of settings with settings", frame(type: 4, flags: 1, [0, 3, 0, 0, 0, 1])),
            fatal("an acknowledgement of no settings", Frames.settingsAcknowledgement),
            fatal("settings that let a server push", Frames.settings([(2, UInt32.random(in: 1...9, using: &random))])),
            fatal("settings of a window beyond 2 GB", Frames.settings([(4, huge)])),
            fatal("settings of frames that are too small", Frames.settings([(5, UInt32.random(in: 0...16383, using: &random))])),
            fatal("settings of frames that are too large", Frames.settings([(5, huge)])),
            fatal("PING on a stream", frame(type: 6, stream: victim.stream, [UInt8](repeating: 0, count: 8))),
            fatal("GOAWAY on a stream", frame(type: 7, stream: victim.stream, [UInt8](repeating: 0, count: 8))),
            fatal("PUSH_PROMISE", frame(type: 5, flags: 4, stream: victim.stream, [0, 0, 0, 2] + Frames.okBlock)),
            fatal("GOAWAY that rises", Frames.goAway(victim.stream) + Frames.goAway(victim.stream + 4)),
        ])
    }

    private static func malformedLengths(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        func length(other than: Int, _ random: inout SeededRandom) -> [UInt8] {
            let wrong = random.bytes(0...40)
            return wrong.count == than ? wrong + [0] : wrong
        }
        return random.pick([
            fatal("SETTINGS of a broken length", frame(type: 4, random.bytes(0...5).isEmpty ? [0] : [0, 3, 0, 0, 0, 1, 0])),
            fatal("PING of another length than eight", frame(type: 6, length(other: 8, &random))),
            fatal("RST_STREAM of another length than four", frame(type: 3, stream: victim.stream, length(other: 4, &random))),
            fatal("WINDOW_UPDATE of another length than four", frame(type: 8, length(other: 4, &random))),
            fatal("PRIORITY of another length than five", frame(type: 2, stream: victim.stream, length(other: 5, &random))),
            fatal("GOAWAY of less than eight bytes", frame(type: 7, random.bytes(0...7))),
            fatal(
                "a frame beyond the size",
                frame(
                    type: random.pick([0, 1, 6]), stream: victim.stream, [UInt8](repeating: 0, count: Int.random(in: 16385...70_000, using: &random)))
            ),
            fatal("DATA with more padding than bytes", frame(type: 0, flags: Frames.padded, stream: victim.stream, [200] + random.bytes(0...99))),
            fatal(
                "HEADERS with more padding than bytes",
                frame(type: 1, flags: Frames.padded | Frames.endHeaders, stream: victim.stream, [200] + random.bytes(0...99))),
            fatal("DATA that is padded and empty", frame(type: 0, flags: Frames.padded, stream: victim.stream)),
        ])
    }

    private static func headerFrames(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        let open = frame(type: 1, stream: victim.stream, Frames.okBlock)
        return random.pick([
            fatal("CONTINUATION of nothing", frame(type: 9, flags: Frames.endHeaders, stream: victim.stream, Frames.okBlock)),
            fatal("CONTINUATION on another stream", open + frame(type: 9, flags: Frames.endHeaders, stream: victim.stream + 2, [0x88])),
            fatal("another frame among header blocks", open + random.pick([Frames.ping(), Frames.settings(), Frames.data(victim.stream, [1])])),
            fatal("HEADERS among header blocks", open + Frames.headers(victim.stream, Frames.okBlock)),
        ])
    }

    private static func streamErrors(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        random.pick([
            .init("a window that overflows", Frames.windowUpdate(victim.stream, 0x7fff_ffff), [.ends(13), .connectionLost]),
            .init("a stream's window update of nothing", Frames.windowUpdate(victim.stream, 0), [.ends(13), .connectionLost]),
            .init(
                "a stream that depends on itself", frame(type: 2, stream: victim.stream, bigEndian(victim.stream) + [0]),
                [.goesOn, .ends(13), .connectionLost]),
        ])
    }

    private static func harmless(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        let streams = [0, victim.stream, victim.idle, 2]
        let small = UInt32.random(in: 1...1000, using: &random)
        return random.pick([
            .init(
                "a frame that nobody knows",
                frame(
                    type: UInt8.random(in: 0x0a...0xff, using: &random), flags: random.bytes(1...1)[0], stream: random.pick(streams),
                    random.bytes(0...500)),
                [.goesOn]),
            .init("settings that nobody knows", Frames.settings([(UInt16.random(in: 0x20...0xffff, using: &random), small)]), [.goesOn]),
            .init(
                "other settings", Frames.settings([(3, 0), (4, small), (5, 16384 + small), (6, small), (1, small), (3, 100), (4, 65535)]), [.goesOn]),
            .init("a ping", Frames.ping(random.bytes(8...8)), [.goesOn]),
            .init("an answer to no ping", Frames.ping(random.bytes(8...8), acknowledges: true), [.goesOn]),
            .init("a window update", Frames.windowUpdate(random.pick([0, victim.stream]), small), [.goesOn]),
            .init("a priority", frame(type: 2, stream: victim.stream, bigEndian(random.pick([0, victim.idle])) + [7]), [.goesOn]),
        ])
    }
}
