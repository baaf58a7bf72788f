//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport

/// Reads a long message while it comes, so that its bytes are never kept as a whole, and are copied while they are still in the processor's cache.
///
/// protobuf merges what comes in pieces, so whole fields are read at once. Only one that two parts share is put together first.
final class MessageParts<Message: WireDecodable & Sendable>: PartReceiver, @unchecked Sendable {
    // @unchecked: the transport's event loop alone touches this object until the message is delivered, and who it is delivered to alone does after that.
    // What delivers it orders the two.
    private var message = Message.unset
    /// The beginning of a field whose rest is still to come.
    private var cut: [UInt8] = []
    private var failure: MalformedMessage?
    private var isFirst = true
    private let onPart: (@Sendable () -> Void)?

    /// A message of which nothing has come.
    /// - Parameter onPart: called on the event loop for each part.
    init(onPart: (@Sendable () -> Void)? = nil) { self.onPart = onPart }

    /// Reads a message.
    /// - Parameters:
    ///   - rest: all of it; its last bytes, when it came by parts.
    ///   - parts: who took what came before, when it did.
    static func message(_ rest: UnsafeRawBufferPointer, after parts: (any PartReceiver)?) throws(MalformedMessage) -> Message {
        guard let parts else { return try Message(wire: rest) }
        guard let parts = parts as? MessageParts<Message> else { throw MalformedMessage(reason: "its parts were taken for another message's") }
        return try parts.finish(rest)
    }

    func receive(_ part: UnsafeRawBufferPointer, following: Int) {
        if isFirst { Self.makeRoom(part.count + following) }
        isFirst = false
        onPart?()
        // What is wrong is told at the end, when it is known whether the call succeeded at all.
        guard failure == nil else { return }
        do throws(MalformedMessage) {
            try take(part)
        } catch {
            failure = error
        }
    }

    /// Gets the memory that the values will take from the system at once.
    ///
    /// glibc grows a thread's heap by as little as it needs, and gives back what is freed at its end, so that each answer would pay for all its pages
    /// anew: twice the cost of reading it. Both change with the largest block that it has seen freed, which a message kept whole would have been.
    private static func makeRoom(_ bytes: Int) {
        let most = 16 << 20
        UnsafeMutableRawPointer.allocate(byteCount: min(bytes, most), alignment: 16).deallocate()
    }

    /// The message, once its last bytes are here. To be called once.
    private func finish(_ rest: UnsafeRawBufferPointer) throws(MalformedMessage) -> Message {
        if let failure { throw failure }
        if !cut.isEmpty {
            try take(rest)
            // A field that was announced longer than the message is.
            guard cut.isEmpty else { throw MalformedMessage(reason: "length beyond the end") }
        } else {
            try merge(rest)
        }
        return message
    }

    private func take(_ part: UnsafeRawBufferPointer) throws(MalformedMessage) {
        var part = part[...]
        if !cut.isEmpty {
            try complete(from: &part)
            guard cut.isEmpty else { return }
        }
        let whole = try Self.lengthOfWholeFields(part)
        try merge(UnsafeRawBufferPointer(rebasing: part.prefix(whole)))
        cut.append(contentsOf: part.dropFirst(whole))
    }

    /// Adds to the field that was cut what belongs to it, and reads it when that is all.
    private func complete(from part: inout UnsafeRawBufferPointer.SubSequence) throws(MalformedMessage) {
        var length = try Self.lengthOfField(cut)
        while length == nil {
            guard let byte = part.popFirst() else { return }
            cut.append(byte)
            length = try Self.lengthOfField(cut)
        }
        guard let length else { return }
        let missing = part.prefix(length - cut.count)
        cut.append(contentsOf: missing)
        part = part.dropFirst(missing.count)
        guard cut.count == length else { return }
        let result = cut.withUnsafeBytes { bytes in Result { () throws(MalformedMessage) in try merge(bytes) } }
        try result.get()
        cut.removeAll(keepingCapacity: true)
    }

    private func merge(_ bytes: UnsafeRawBufferPointer) throws(MalformedMessage) {
        var reader = ProtobufReader(bytes)
        try message.merge(from: &reader, depth: Message.maximumDepth)
    }

    private static func lengthOfField(_ bytes: [UInt8]) throws(MalformedMessage) -> Int? {
        try bytes.withUnsafeBytes { bytes in
            Result { () throws(MalformedMessage) in
                let reader = ProtobufReader(bytes)
                return try reader.lengthOfField()
            }
        }.get()
    }

    /// How many of the bytes are fields that are here to the end.
    private static func lengthOfWholeFields(_ bytes: UnsafeRawBufferPointer.SubSequence) throws(MalformedMessage) -> Int {
        let bytes = UnsafeRawBufferPointer(rebasing: bytes)
        var reader = ProtobufReader(bytes)
        while let length = try reader.lengthOfField(), length <= reader.remaining { reader.passOver(length) }
        return bytes.count - reader.remaining
    }
}
