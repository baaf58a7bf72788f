//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// The messages that carry bulk are read here, straight into the types of the API: protobuf-c would copy everything once more. Those that can
// contain themselves are read here too, since depth is bounded only here.

/// A value that merges fields into itself, as protobuf has it for a message that comes in pieces.
protocol WireDecodable {
    /// The value before any field was read.
    static var unset: Self { get }
    mutating func merge(from reader: inout ProtobufReader, depth: Int) throws(MalformedMessage)
}

extension WireDecodable {
    // etcd itself takes no transactions nested deeper than a handful.
    static var maximumDepth: Int { 64 }

    init(wire bytes: UnsafeRawBufferPointer) throws(MalformedMessage) {
        self = .unset
        var reader = ProtobufReader(bytes)
        try merge(from: &reader, depth: Self.maximumDepth)
    }

    init(_ reader: ProtobufReader, depth: Int) throws(MalformedMessage) {
        self = .unset
        var reader = reader
        try merge(from: &reader, depth: depth)
    }

    mutating func merge(_ reader: ProtobufReader, depth: Int) throws(MalformedMessage) {
        var reader = reader
        try merge(from: &reader, depth: depth)
    }
}

extension ResponseHeader: WireDecodable {
    static var unset: ResponseHeader { ResponseHeader() }

    mutating func merge(from reader: inout ProtobufReader, depth: Int) throws(MalformedMessage) {
        while let tag = try reader.tag() {
            switch tag.field {
            case 1: clusterID = try reader.uint64(tag)
            case 2: memberID = try reader.uint64(tag)
            case 3: revision = try reader.int64(tag)
            case 4: raftTerm = try reader.uint64(tag)
            default: try reader.skip(tag)
            }
        }
    }
}

extension KeyValue: WireDecodable {
    static var unset: KeyValue { KeyValue() }

    mutating func merge(from reader: inout ProtobufReader, depth: Int) throws(MalformedMessage) {
        while let tag = try reader.tag() {
            switch tag.field {
            case 1: key = try reader.bytes(tag)
            case 2: createRevision = try reader.int64(tag)
            case 3: modRevision = try reader.int64(tag)
            case 4: version = try reader.int64(tag)
            case 5: value = try reader.bytes(tag)
            case 6: lease = try reader.int64(tag)
            default: try reader.skip(tag)
            }
        }
    }
}

extension RangeResponse: WireDecodable {
    static var unset: RangeResponse { RangeResponse() }

    mutating func merge(from reader: inout ProtobufReader, depth: Int) throws(MalformedMessage) {
        while let tag = try reader.tag() {
            switch tag.field {
            case 1: try header.merge(try reader.message(tag), depth: depth)
            case 2: kvs.append(try KeyValue(try reader.message(tag), depth: depth))
            case 3: more = try reader.bool(tag)
            case 4: count = try reader.int64(tag)
            default: try reader.skip(tag)
            }
        }
    }
}

extension PutResponse: WireDecodable {
    static var unset: PutResponse { PutResponse() }

    mutating func merge(from reader: inout ProtobufReader, depth: Int) throws(MalformedMessage) {
        while let tag = try reader.tag() {
            switch tag.field {
            case 1: try header.merge(try reader.message(tag), depth: depth)
            case 2:
                var previous = prevKV ?? KeyValue()
                try previous.merge(try reader.message(tag), depth: depth)
                prevKV = previous
            default: try reader.skip(tag)
            }
        }
    }
}

extension DeleteRangeResponse: WireDecodable {
    static var unset: DeleteRangeResponse { DeleteRangeResponse() }

    mutating func merge(from reader: inout ProtobufReader, depth: Int) throws(MalformedMessage) {
        while let tag = try reader.tag() {
            switch tag.field {
            case 1: try header.merge(try reader.message(tag), depth: depth)
            case 2: deleted = try reader.int64(tag)
            case 3: prevKVs.append(try KeyValue(try reader.message(tag), depth: depth))
            default: try reader.skip(tag)
            }
        }
    }
}

extension TransactionResponse: WireDecodable {
    static var unset: TransactionResponse { TransactionResponse() }

    mutating func merge(from reader: inout ProtobufReader, depth: Int) throws(MalformedMessage) {
        while let tag = try reader.tag() {
            switch tag.field {
            case 1: try header.merge(try reader.message(tag), depth: depth)
            case 2: succeeded = try reader.bool(tag)
            case 3: responses.append(try Operation(try reader.message(tag), depth: depth))
            default: try reader.skip(tag)
            }
        }
    }
}

extension TransactionResponse.Operation {
    /// The last of the alternatives wins, as protobuf has it; one that this client doesn't know is an error, since answers are told by place.
    fileprivate init(_ reader: ProtobufReader, depth: Int) throws(MalformedMessage) {
        guard depth > 0 else { throw MalformedMessage(reason: "transactions nested too deep") }
        var reader = reader
        var answer: Self?
        while let tag = try reader.tag() {
            switch tag.field {
            case 1: answer = .range(try RangeResponse(try reader.message(tag), depth: depth - 1))
            case 2: answer = .put(try PutResponse(try reader.message(tag), depth: depth - 1))
            case 3: answer = .deleteRange(try DeleteRangeResponse(try reader.message(tag), depth: depth - 1))
            case 4: answer = .transaction(try TransactionResponse(try reader.message(tag), depth: depth - 1))
            default: try reader.skip(tag)
            }
        }
        guard let answer else { throw MalformedMessage(reason: "an operation's answer is of no known kind") }
        self = answer
    }
}
