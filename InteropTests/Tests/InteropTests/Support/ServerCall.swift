//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CGRPCCoreServer

/// A call on the server's side. One task may receive while another sends.
final class ServerCall: Sendable {
    /// A header or trailer; the values of names that end in `-bin` are not encoded.
    struct Field: Hashable {
        var name: String
        var value: [UInt8]

        init(_ name: String, _ value: [UInt8]) {
            self.name = name
            self.value = value
        }

        init(_ name: String, _ value: String) { self.init(name, Array(value.utf8)) }
    }

    /// How the call ended: true when its status was sent, false when the client or the connection ended it.
    let end = Latch<Bool>()

    // The C side locks what may be used by two threads at once, and outlives this object's uses of it.
    nonisolated(unsafe) private let pointer: OpaquePointer

    private init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { core_call_release(pointer) }

    /// The next call, or nil when the server shuts down.
    static func accept(from server: OpaquePointer) async -> ServerCall? {
        guard let pointer = core_call_create() else { return nil }
        let call = ServerCall(pointer)
        return await step { core_call_accept(pointer, server, $0, $1) } ? call : nil
    }

    /// Waits for the end, which ``end`` then knows. Only the server does it.
    func waitForEnd() async { end.set(await step { core_call_wait_for_end(pointer, $0, $1) }) }

    var method: String { String(cString: core_call_method(pointer)) }
    var authority: String { String(cString: core_call_authority(pointer)) }
    /// The client's address, which tells its connections apart.
    var peer: String { String(cString: core_call_peer(pointer)) }

    /// What is left until the deadline that the client sent; nil when it sent none.
    var timeLeft: Duration? {
        let left = core_call_time_left(pointer)
        return left == .max ? nil : .nanoseconds(left)
    }

    /// The request's headers.
    var headers: [Field] {
        var all: [Field] = []
        var name: UnsafePointer<UInt8>?
        var value: UnsafePointer<UInt8>?
        var (nameLength, valueLength) = (0, 0)
        while core_call_header(pointer, all.count, &name, &nameLength, &value, &valueLength) {
            let text = String(decoding: UnsafeBufferPointer(start: name, count: nameLength), as: UTF8.self)
            all.append(Field(text, Array(UnsafeBufferPointer(start: value, count: valueLength))))
        }
        return all
    }

    /// The values of a request header, in order.
    func headers(_ name: String) -> [[UInt8]] { headers.filter { $0.name == name }.map(\.value) }

    /// The next message, or nil when the client has finished or the call ended.
    func receive() async -> [UInt8]? {
        guard await step({ core_call_receive(pointer, $0, $1) }) else { return nil }
        var length = 0
        let bytes = core_call_message(pointer, &length)
        return Array(UnsafeBufferPointer(start: bytes, count: length))
    }

    func add(header field: Field) { core_call_add_header(pointer, field.name, field.value, field.value.count) }

    func add(trailer field: Field) { core_call_add_trailer(pointer, field.name, field.value, field.value.count) }

    /// Sends the headers before there is a message.
    @discardableResult
    func sendHeaders() async -> Bool { await step { core_call_send_headers(pointer, $0, $1) } }

    /// Sends a message; false when the call has ended.
    @discardableResult
    func send(_ message: [UInt8]) async -> Bool { await step { core_call_send(pointer, message, message.count, $0, $1) } }

    /// Ends the call with a status; false when it has ended otherwise.
    @discardableResult
    func finish(_ code: Int = 0, _ message: String = "") async -> Bool {
        await step { core_call_finish(pointer, Int32(code), message, $0, $1) }
    }

    /// Resets the call.
    func cancel() { core_call_cancel(pointer) }
}
