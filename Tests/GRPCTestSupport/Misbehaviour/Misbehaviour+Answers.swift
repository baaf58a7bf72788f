//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit

extension Misbehaviour {
    /// A reset, whose code counts unless the call has ended, and which refuses it only before the headers.
    static func reset(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        let code = random.chance(90) ? UInt32.random(in: 0...15, using: &random) : UInt32.random(in: 0...UInt32.max, using: &random)
        let status: Int32 = [7: 14, 8: 1, 11: 8, 12: 7][code] ?? 13
        return .init(
            "RST_STREAM \(code) \(victim.stage)", Frames.reset(victim.stream, code), [.ends(victim.stage == .afterTrailers ? 0 : status)],
            refuses: code == 7 && victim.stage == .beforeHeaders)
    }

    /// Answers whose headers or trailers are missing, invalid or not gRPC's.
    static func answer(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        random.pick([httpAnswer, statuses, statuses, informational, malformedFields, misplaced])(&random, victim)
    }

    private static func status(of http: Int) -> Int32 {
        [400: 13, 401: 16, 403: 7, 404: 12, 429: 14, 502: 14, 503: 14, 504: 14][http] ?? 2
    }

    private static func httpAnswer(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        let http = random.chance(50) ? random.pick([400, 401, 403, 404, 405, 429, 500, 502, 503, 504]) : Int.random(in: 201...999, using: &random)
        let code = http.description
        let types = [[], Frames.field("content-type", "text/html"), Frames.field("content-type", "application/grpcx")]
        let isGRPC = random.chance(20)
        let type = isGRPC ? Frames.field("content-type", "application/grpc") : random.pick(types)
        let status = random.chance(20) && !isGRPC ? "200" : code
        let body = (0..<Int.random(in: 0...3, using: &random)).flatMap { _ in Frames.data(victim.stream, random.bytes(0...15_000)) }
        let mapped: Int32 = status == "200" ? 2 : Self.status(of: http)
        let hasBody = random.chance(70)
        return .init(
            "HTTP \(status)",
            Frames.headers(victim.stream, Frames.field(":status", status) + type, end: !hasBody)
                + (hasBody ? body + Frames.data(victim.stream, [], end: true) : []), [.ends(mapped)])
    }

    private static func statuses(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        let good = Int32.random(in: 1...16, using: &random)
        let bad = random.pick([
            "", "OK", "999", "17", "-1", "+5", "000", "1.0", "0x1", " 5 5", String(UInt32.random(in: 17...UInt32.max, using: &random)),
        ])
        let text = Frames.field("grpc-message", random.pick(["a%20b", "%", "%zz", "%C3%A9", String(repeating: "%20m", count: 3000)]))
        let start = Frames.headers(victim.stream, Frames.okBlock) + Frames.data(victim.stream, framed([1]))
        func ending(_ name: String, _ fields: [UInt8], _ status: Int32) -> Misbehaviour {
            .init(name, start + Frames.headers(victim.stream, fields, end: true), [.ends(status)])
        }
        let field = Frames.field("grpc-status", "\(good)")
        return random.pick([
            ending("status \(bad)", Frames.field("grpc-status", bad), 2),
            ending("status \(good)", field + text, good),
            ending("no status", text, 2),
            ending("status \(good) and 0", field + Frames.field("grpc-status", "0"), 2),
            ending("status \(good) twice", field + text + field, good),
            .init("no trailers", start + Frames.data(victim.stream, [], end: true), [.ends(2)]),
            .init("trailers alone, status \(good)", Frames.headers(victim.stream, Frames.okBlock + field + text, end: true), [.ends(good)]),
            .init("trailers alone without status", Frames.headers(victim.stream, Frames.okBlock, end: true), [.ends(2)]),
            .init(
                "trailers alone, status 0", Frames.headers(victim.stream, Frames.okBlock + Frames.field("grpc-status", "0"), end: true),
                [.ends(victim.isUnary ? 13 : 0)]),
            .init("a status in the headers", Frames.headers(victim.stream, Frames.okBlock + field) + victim.rest(after: .afterHeaders), [.ends(0)]),
        ])
    }

    private static func informational(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        let codes = (0..<Int.random(in: 1...20, using: &random)).map { _ in random.pick([100, 102, 103, 199]) }
        let early = codes.flatMap { Frames.headers(victim.stream, Frames.field(":status", "\($0)") + Frames.field("link", "early")) }
        return random.pick([
            .init("informational headers", early + victim.rest, [.ends(0)]),
            .init("informational headers that end the stream", Frames.headers(victim.stream, Frames.field(":status", "103"), end: true), [.ends(13)]),
            .init("informational headers alone", early + Frames.data(victim.stream, framed([1]), end: true), [.ends(13)]),
            .init("101", Frames.headers(victim.stream, Frames.field(":status", "101")) + victim.rest, [.ends(13)]),
        ])
    }

    private static func malformedFields(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        let type = Frames.field("content-type", "application/grpc")
        let blocks: [(String, [UInt8])] = [
            ("no :status", type),
            (":status twice", [0x88, 0x88] + type),
            (
                ":status of \(random.pick(["", "2", "20x", "2000", "abc"]))",
                Frames.field(":status", random.pick(["", "2", "20x", "2000", "abc"])) + type
            ),
            (":status after fields", type + [0x88]),
            ("a request's field", [0x88] + Frames.field(":path", "/") + type),
            ("a field of nobody's", [0x88] + Frames.field(":nobody", "1") + type),
            ("a name in capitals", [0x88] + Frames.field("Content-Type", "application/grpc") + type),
            (
                "a connection's field",
                [0x88] + type + Frames.field(random.pick(["connection", "transfer-encoding", "keep-alive", "upgrade"]), "close")
            ),
            ("a length that isn't one", [0x88] + type + Frames.field("content-length", "x")),
            ("a name of nothing", [0x88] + type + Frames.field("", "value")),
            ("a value with a zero", [0x88] + type + Frames.field("x", [1, 0, 13, 10])),
        ]
        let (name, block) = random.pick(blocks)
        // Some malformed fields are left out rather than held against the answer.
        return .init(name, Frames.headers(victim.stream, block) + victim.rest(after: .afterHeaders), [.ends(13), .ends(0)])
    }

    private static func misplaced(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        let start = Frames.headers(victim.stream, Frames.okBlock)
        let message = Frames.data(victim.stream, framed([1]))
        return random.pick([
            .init("data before headers", message + victim.rest, [.ends(13), .connectionLost]),
            .init(
                "trailers that don't end the stream", start + message + Frames.headers(victim.stream, Frames.field("grpc-status", "0")), [.ends(13)]),
            .init("headers twice", start + start + message, [.ends(13)]),
            .init(
                "a pseudo-header in trailers", start + message + Frames.headers(victim.stream, Frames.field("grpc-status", "0") + [0x88], end: true),
                [.ends(13)]),
            .init(
                "another length than announced",
                Frames.headers(victim.stream, Frames.okBlock + Frames.field("content-length", random.pick(["0", "3", "7", "99999999999999999999"])))
                    + victim.rest(after: .afterHeaders), [.ends(13)]),
        ])
    }

    /// Messages that aren't what their prefix says.
    static func message(_ random: inout SeededRandom, _ victim: Victim) -> Misbehaviour {
        let start = Frames.headers(victim.stream, Frames.okBlock)
        let good = Frames.trailers(victim.stream)
        let limit = UInt32(victim.limits.messageSize)
        let length = Int.random(in: 1...10_000, using: &random)
        let flag = UInt8.random(in: 1...255, using: &random)
        func misbehaving(_ name: String, _ body: [UInt8], _ status: Int32) -> Misbehaviour {
            // In one frame or several.
            let frames = random.cut(body).flatMap { $0.isEmpty ? [] : Frames.data(victim.stream, Array($0.prefix(16384))) }
            return .init(name, start + frames + good, [.ends(status)])
        }
        // A second message is too much for a unary call, whatever it is.
        let before = !victim.isUnary && random.chance(50) ? framed(random.bytes(0...300)) : []
        return random.pick([
            misbehaving("a message that is too long", before + prefix(length: .random(in: (limit + 1)...UInt32.max, using: &random)), 8),
            misbehaving("a compressed message", before + prefix(length: UInt32(length), compressed: flag) + random.bytes(0...20), 13),
            misbehaving("a message that is cut", before + prefix(length: UInt32(length)) + random.bytes(0...(length - 1)), 13),
            misbehaving("a prefix that is cut", before + Array(prefix(length: 1).prefix(Int.random(in: 1...4, using: &random))), 13),
            misbehaving("a message that goes on beyond its length", before + framed([1]) + [flag] + random.bytes(4...50), 13),
            misbehaving("two messages", framed(random.bytes(0...20)) + framed(random.bytes(0...20)), victim.isUnary ? 13 : 0),
            misbehaving("no message", [], victim.isUnary ? 13 : 0),
            misbehaving("one message", framed(random.bytes(0...10_000)), 0),
            .init(
                "an error inside a message",
                start + Frames.data(victim.stream, prefix(length: UInt32(length))) + Frames.trailers(victim.stream, status: "5"), [.ends(5)]),
            .init("an end inside a message", start + Frames.data(victim.stream, prefix(length: 9) + [1], end: true), [.ends(2)]),
            .init("a message after trailers", victim.rest + Frames.data(victim.stream, framed([9])), [.ends(0), .connectionLost]),
        ])
    }
}
