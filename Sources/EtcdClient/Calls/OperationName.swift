//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import NIOCore

/// What a call does, for its errors, as in `put "/a"`; put into words only when there is an error.
///
/// The calls that are made most name their input as it is, since a closure is an allocation.
enum OperationName: Sendable {
    case range(KeyRange)
    case put([UInt8])
    case deleteRange(KeyRange)
    case transaction(Transaction)
    case other(@Sendable () -> String)

    func callAsFunction() -> String {
        switch self {
        case .range(let range): "range \(range)"
        case .put(let key): "put \(KeyRange.text(key))"
        case .deleteRange(let range): "delete \(range)"
        case .transaction(let transaction): transaction.summary
        case .other(let words): words()
        }
    }
}

extension EtcdClient.Call {
    /// A call whose operation is named by words.
    init(
        method: GRPCMethod, kind: CallKind, lane: ConnectionLane = .unary, requiresLeader: Bool = true, deadline: ContinuousClock.Instant? = nil,
        endpoint: GRPCEndpoint? = nil, mayBlock: Bool = false, operation: @escaping @Sendable () -> String
    ) {
        self.init(
            method: method, kind: kind, lane: lane, requiresLeader: requiresLeader, deadline: NIODeadline(optional: deadline), endpoint: endpoint,
            mayBlock: mayBlock, operation: .other(operation))
    }
}
