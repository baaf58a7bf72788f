//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport

@testable import EtcdClient

/// A machine and what it wanted last, with shorthands for what happens to it.
struct DrivenWatch {
    var machine: WatchStateMachine
    var delivered: [WatchBatch] = []
    var error: EtcdError?
    private(set) var action = WatchStateMachine.Action.open(after: .zero)

    init(
        start: Int64, clusterID: UInt64 = 0, fragment: Bool = false, isShared: Bool = false, canAuthenticate: Bool = false,
        endsWithoutLeader: Bool = false
    ) {
        machine = WatchStateMachine(
            range: .prefix("/a/"), startRevision: start, clusterID: clusterID, fragment: fragment, isShared: isShared,
            canAuthenticate: canAuthenticate, endsWithoutLeader: endsWithoutLeader)
    }

    @discardableResult
    mutating func handle(_ event: WatchStateMachine.Event) -> WatchStateMachine.Action {
        action = machine.handle(event)
        switch action {
        case .deliver(let batch): delivered.append(batch)
        case .end(let error): self.error = error
        default: break
        }
        return action
    }

    @discardableResult
    mutating func receive(_ message: WatchMessage) -> WatchStateMachine.Action { handle(.message(message)) }

    /// Opens a stream and has the watcher made; gives the start revision that the server was asked for.
    @discardableResult
    mutating func open(serverRevision: Int64 = 1000, clusterID: UInt64 = 7) -> Int64? {
        guard case .create(let start, _) = handle(.opened) else { return nil }
        receive(.created(revision: serverRevision, clusterID: clusterID))
        return start
    }

    @discardableResult
    mutating func lose(_ error: GRPCError? = .lost, lived: Duration = .zero, jitter: Double = 0.5) -> WatchStateMachine.Action {
        handle(.broken(error, lived: lived, jitter: jitter))
    }

    var revisions: [[Int64]] { delivered.map { $0.events.map(\.revision) } }
}

extension GRPCError {
    static let lost = GRPCError(code: .unavailable, message: "reset", disposition: .mayHaveExecuted, origin: .connection)

    init(_ code: GRPCStatusCode, _ message: String = "", _ origin: Origin = .server) {
        self.init(code: code, message: message, disposition: .mayHaveExecuted, origin: origin)
    }
}

extension WatchMessage {
    static func created(revision: Int64 = 1000, clusterID: UInt64 = 7) -> WatchMessage {
        WatchMessage(header: ResponseHeader(clusterID: clusterID, revision: revision), watchID: 3, created: true)
    }

    static func events(_ revisions: [Int64], fragment: Bool = false, watchID: Int64 = 3) -> WatchMessage {
        WatchMessage(
            header: ResponseHeader(clusterID: 7, revision: 1000), watchID: watchID, fragment: fragment,
            events: revisions.enumerated().map { WatchEvent(type: .put, kv: KeyValue(key: [UInt8($0.offset)], modRevision: $0.element)) })
    }

    /// With a megabyte an event.
    static func large(_ revisions: [Int64], fragment: Bool = false) -> WatchMessage {
        var message = events(revisions, fragment: fragment)
        for index in message.events.indices { message.events[index].kv.value = [UInt8](repeating: 1, count: 1 << 20) }
        return message
    }

    static func progress(_ revision: Int64, watchID: Int64 = -1) -> WatchMessage {
        WatchMessage(header: ResponseHeader(clusterID: 7, revision: revision), watchID: watchID)
    }

    static func refused(_ reason: String) -> WatchMessage {
        WatchMessage(watchID: -1, created: true, canceled: true, cancelReason: reason)
    }
}

extension WatchStateMachine.Action {
    var isAuthentication: Bool { if case .authenticate = self { true } else { false } }
    var isReceipt: Bool { if case .receive = self { true } else { false } }
    var isConfirmation: Bool { if case .confirmRevision = self { true } else { false } }
    var isRequest: Bool { if case .requestProgress = self { true } else { false } }
    /// How long to wait before the next stream is opened; nil for anything else.
    var wait: Duration? { if case .open(let wait) = self { wait } else { nil } }
}
