//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// What is known of one call, on both of its sides: the connection's event loop and the task that made it.
///
/// A value without I/O: what it returns is to be done by the caller after the lock is released.
struct CallState {
    /// How a call ended.
    enum End {
        case succeeded(trailers: GRPCMetadata)
        case failed(GRPCError)
    }

    /// What a reader gets.
    enum Read {
        /// Messages, and how many bytes of window to return for those read by now.
        case messages([ReceivedMessage], credit: Int)
        case ended(End)
        case nothing
        /// Another task reads already.
        case busy
    }

    /// Who takes a stream's messages as they come.
    struct Receiver {
        var take: @Sendable ([ReceivedMessage]) -> Void
        /// See ``CallState/read(creditThreshold:)``.
        var creditThreshold: Int
    }

    /// Those for whom there is news, and what the receiver is to be given before they run.
    struct News {
        var receiver: Receiver?
        var messages: [ReceivedMessage] = []
        var credit = 0
        var reader: Waiter?
        var sender: Waiter?
    }

    // Unchecked, for its cost: it is kept in one place only, and taken out of it to be resumed.
    typealias Waiter = UnsafeContinuation<Void, Never>

    private(set) var metadata = GRPCMetadata()
    private(set) var end: End?
    private(set) var unsentBytes = 0
    private var messages: [ReceivedMessage] = []
    private var uncredited = 0
    private var isCancelled = false
    /// A unary call's end was told.
    private var isOver = false
    private var reader: Waiter?
    private var receiver: Receiver?
    private var sender: Waiter?
    /// Who opens a stream.
    private var opener: Waiter?
    private var isStarted = false

    /// The event loop is about to start the call; false when there is no need any more.
    func mayStart() -> Bool { !isCancelled && end == nil }

    /// The session has taken a stream: returns who waits for that.
    mutating func started() -> Waiter? {
        isStarted = true
        return opener.take()
    }

    /// Registers who waits until a stream is taken; false when it was, or has ended before.
    mutating func waitForStart(_ waiter: Waiter) -> Bool {
        guard !isStarted, end == nil else { return false }
        opener = waiter
        return true
    }

    /// A stream that was not taken has ended: returns who waits for it.
    mutating func takeOpener() -> Waiter? { opener.take() }

    /// The caller gives up. What was to come is not wanted any more.
    mutating func cancel() { isCancelled = true }

    mutating func receive(metadata: GRPCMetadata) { self.metadata = metadata }

    mutating func receive(_ message: ReceivedMessage) { messages.append(message) }

    /// How many bytes of window to return for a part of the message that is coming: none while there's a whole one to read, or a reader that stops would
    /// stop its server only when all are here.
    mutating func credit(part bytes: Int) -> Int {
        if messages.isEmpty { return bytes }
        uncredited += bytes
        return 0
    }

    mutating func end(_ end: End) { if self.end == nil { self.end = end } }

    /// Registers who waits for the end of a unary call; false when it has come.
    mutating func waitForEnd(_ waiter: Waiter) -> Bool {
        guard !isOver else { return false }
        reader = waiter
        return true
    }

    /// A unary call's end has come: returns who waits for it.
    mutating func tellEnd() -> Waiter? {
        isOver = true
        return reader.take()
    }

    /// What must run now that there is news: the reader when it has something to read, or its receiver instead; the sender when it may go on.
    mutating func news(sendLimit: Int) -> News {
        var news = News()
        if let receiver, case .messages(let messages, let credit) = read(creditThreshold: receiver.creditThreshold) {
            (news.receiver, news.messages, news.credit) = (receiver, messages, credit)
        }
        if end != nil || !messages.isEmpty {
            swap(&news.reader, &reader)
            receiver = nil
        }
        if end != nil || unsentBytes <= sendLimit { swap(&news.sender, &sender) }
        return news
    }

    /// What can be read. Window is returned in portions of `creditThreshold`, not for each small message.
    mutating func read(creditThreshold: Int) -> Read {
        guard messages.isEmpty else {
            let batch = messages
            messages = []
            for message in batch { uncredited += message.restCount + 5 }
            guard uncredited >= creditThreshold else { return .messages(batch, credit: 0) }
            let credit = uncredited
            uncredited = 0
            return .messages(batch, credit: credit)
        }
        if let end { return .ended(end) }
        return reader == nil ? .nothing : .busy
    }

    /// Registers a reader; false when it must not wait, because there is something to read or another came first. With a receiver it waits for the
    /// end alone.
    mutating func wait(reader: Waiter, receiver: Receiver? = nil) -> Bool {
        guard end == nil, messages.isEmpty, self.reader == nil else { return false }
        self.reader = reader
        self.receiver = receiver
        return true
    }

    mutating func willSend(_ bytes: Int) { unsentBytes += bytes }

    mutating func didSend(_ bytes: Int) { unsentBytes -= bytes }

    /// Registers a sender that has to wait; false when it need not.
    mutating func wait(sender: Waiter, limit: Int) -> Bool {
        guard end == nil, unsentBytes > limit, self.sender == nil else { return false }
        self.sender = sender
        return true
    }
}
