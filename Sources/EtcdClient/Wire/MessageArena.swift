//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import CProtobufC
import Synchronization

/// The arena ran into its bound, or the system into its own.
struct ArenaExhausted: Error {}

/// Where protobuf-c messages are built and unpacked.
///
/// Used by one call at a time, and only between ``withArena(_:)``'s begin and end.
final class MessageArena: @unchecked Sendable {
    // @unchecked: the pool hands an arena to one caller at a time, and hand-over goes through the pool's lock.

    // An etcd request is at most a few megabytes; a server's answer that passes through here has no bulk in it.
    private static let limit = 64 << 20
    private static let retained = 256 << 10
    private static let pooled = 8
    private static let pool = Mutex<[MessageArena]>([])

    private let handle: OpaquePointer?

    private init() { handle = etcd_arena_create(Self.limit, Self.retained) }

    deinit { etcd_arena_destroy(handle) }

    /// Runs `body` with an arena that is empty, and takes back all that it made there.
    static func withArena<Result, Failure: Error>(
        _ body: (MessageArena) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let arena = pool.withLock { $0.popLast() } ?? MessageArena()
        defer {
            etcd_arena_reset(arena.handle)
            pool.withLock { if $0.count < pooled { $0.append(arena) } }
        }
        return try body(arena)
    }

    private func allocate(_ size: Int) throws(ArenaExhausted) -> UnsafeMutableRawPointer {
        guard let handle, let piece = etcd_arena_allocate(handle, size) else { throw ArenaExhausted() }
        return piece
    }

    /// A message set up by protobuf-c's `…__init`.
    func make<Message>(
        _ initialize: (UnsafeMutablePointer<Message>?) -> Void
    ) throws(ArenaExhausted) -> UnsafeMutablePointer<Message> {
        let message = try allocate(MemoryLayout<Message>.size).bindMemory(to: Message.self, capacity: 1)
        initialize(message)
        return message
    }

    /// A `bytes` field.
    func binary(_ bytes: [UInt8]) throws(ArenaExhausted) -> ProtobufCBinaryData {
        if bytes.isEmpty { return ProtobufCBinaryData(len: 0, data: nil) }
        let copy = try allocate(bytes.count)
        bytes.withUnsafeBytes { copy.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        return ProtobufCBinaryData(len: bytes.count, data: copy.assumingMemoryBound(to: UInt8.self))
    }

    /// A `string` field. protobuf-c takes what comes before the first zero byte: see `EtcdClient.Call.refuseZeroBytes(in:)`.
    func text(_ text: String) throws(ArenaExhausted) -> UnsafeMutablePointer<CChar> {
        let utf8 = Array(text.utf8)
        let copy = try allocate(utf8.count + 1)
        utf8.withUnsafeBytes { copy.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(copy), byteCount: $0.count) }
        copy.storeBytes(of: 0, toByteOffset: utf8.count, as: CChar.self)
        return copy.assumingMemoryBound(to: CChar.self)
    }

    /// A repeated `string` field, nil for none.
    func texts(_ texts: [String]) throws(ArenaExhausted) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
        try array(texts) { text throws(ArenaExhausted) in try self.text(text) }
    }

    /// A repeated field's elements, nil for none.
    func array<Source, Element>(
        _ source: [Source], _ transform: (Source) throws(ArenaExhausted) -> Element
    ) throws(ArenaExhausted) -> UnsafeMutablePointer<Element>? {
        if source.isEmpty { return nil }
        let elements = try allocate(source.count * MemoryLayout<Element>.stride).bindMemory(to: Element.self, capacity: source.count)
        for (index, each) in source.enumerated() {
            (elements + index).initialize(to: try transform(each))
        }
        return elements
    }

    /// The bytes of a message and all it points to.
    func pack<Message>(_ message: UnsafeMutablePointer<Message>) -> [UInt8] {
        // Every generated message begins with its `ProtobufCMessage base`.
        let base = UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
        let size = protobuf_c_message_get_packed_size(base)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = protobuf_c_message_pack(base, buffer.baseAddress)
        }
    }

    /// The message in `bytes`, nil when they aren't one.
    ///
    /// Only for messages that don't contain themselves: protobuf-c recurses as deep as the bytes tell it to.
    func unpack<Message>(
        _ bytes: UnsafeRawBufferPointer,
        _ unpack: (UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?) -> UnsafeMutablePointer<Message>?
    ) -> UnsafeMutablePointer<Message>? {
        guard let handle else { return nil }
        return bytes.withMemoryRebound(to: UInt8.self) { unpack(etcd_arena_allocator(handle), $0.count, $0.baseAddress) }
    }
}
