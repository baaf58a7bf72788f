//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import GRPCTransport

/// What a member complains about; alarms stay until somebody disarms them.
public struct AlarmMember: Sendable, Hashable {
    /// What can be wrong.
    public enum Kind: Sendable, Hashable {
        /// The database has reached its quota: only reads and deletes are served until it has room again and the alarm is disarmed.
        case noSpace
        /// The member's data differs from the others'.
        case corrupt
        /// One that this client has no name for, by its number.
        case other(UInt32)
    }

    /// The member.
    public var memberID: UInt64
    /// What is wrong.
    public var alarm: Kind

    /// An alarm.
    public init(memberID: UInt64, alarm: Kind) {
        self.memberID = memberID
        self.alarm = alarm
    }
}

/// The alarms of a cluster.
public struct AlarmResponse: Sendable, Hashable {
    /// Who answered.
    public var header: ResponseHeader
    /// The alarms that are on, or those that the call changed.
    public var alarms: [AlarmMember]

    /// An answer.
    public init(header: ResponseHeader = .init(), alarms: [AlarmMember] = []) {
        self.header = header
        self.alarms = alarms
    }
}

extension EtcdClient {
    /// Names the alarms that are on.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: `unavailable`, `permissionDenied`…
    public func alarmList(deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> AlarmResponse {
        try await alarm(
            ETCDSERVERPB__ALARM_REQUEST__ALARM_ACTION__GET, memberID: 0, ETCDSERVERPB__ALARM_TYPE__NONE, deadline: deadline,
            operation: "list alarms")
    }

    /// Raises an alarm for a member, with all its consequences for the cluster. May be repeated, and is.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: `unavailable`, `permissionDenied`; `unknownOutcome`, after which it may be repeated…
    @discardableResult
    public func alarmActivate(_ alarm: AlarmMember, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> AlarmResponse {
        try await self.alarm(
            ETCDSERVERPB__ALARM_REQUEST__ALARM_ACTION__ACTIVATE, memberID: alarm.memberID, alarm.alarm.wire, deadline: deadline,
            operation: "raise alarm \(alarm.alarm) of \(Member.text(alarm.memberID))")
    }

    /// Disarms an alarm; one that isn't on is no error. May be repeated, and is.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout``.
    /// - Throws: `unavailable`, `permissionDenied`; `unknownOutcome`, after which it may be repeated…
    @discardableResult
    public func alarmDisarm(_ alarm: AlarmMember, deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> AlarmResponse {
        try await self.alarm(
            ETCDSERVERPB__ALARM_REQUEST__ALARM_ACTION__DEACTIVATE, memberID: alarm.memberID, alarm.alarm.wire, deadline: deadline,
            operation: "disarm alarm \(alarm.alarm) of \(Member.text(alarm.memberID))")
    }

    /// Disarms all alarms that are on, one by one.
    /// - Parameter deadline: when to give up; nil for ``CallOptions/timeout`` from now, or else ``EtcdClientConfiguration/readTimeout`` for each.
    /// - Returns: those that were on.
    /// - Throws: `unavailable`, `permissionDenied`…; some may then be disarmed and others not.
    @discardableResult
    public func alarmDisarm(deadline: ContinuousClock.Instant? = nil) async throws(EtcdError) -> [AlarmMember] {
        let alarms = try await alarmList(deadline: deadline).alarms
        for alarm in alarms { try await alarmDisarm(alarm, deadline: deadline) }
        return alarms
    }

    private func alarm(
        _ action: Etcdserverpb__AlarmRequest__AlarmAction, memberID: UInt64, _ alarm: Etcdserverpb__AlarmType, deadline: ContinuousClock.Instant?,
        operation: String
    ) async throws(EtcdError) -> AlarmResponse {
        let kind: CallKind = action == ETCDSERVERPB__ALARM_REQUEST__ALARM_ACTION__GET ? .repeatable : .idempotentWrite
        let call = Call(method: "/etcdserverpb.Maintenance/Alarm", kind: kind, deadline: deadline, operation: { operation })
        return try await perform(
            call, etcdserverpb__alarm_request__init, etcdserverpb__alarm_response__unpack,
            fill: { _, request in
                request.pointee.action = action
                request.pointee.memberid = memberID
                request.pointee.alarm = alarm
            },
            read: { answer in
                AlarmResponse(
                    header: ResponseHeader(answer.header),
                    alarms: .init(answer.alarms, count: answer.n_alarms) { AlarmMember(memberID: $0.memberid, alarm: AlarmMember.Kind($0.alarm)) })
            })
    }
}

extension AlarmMember.Kind {
    fileprivate init(_ wire: Etcdserverpb__AlarmType) {
        switch wire {
        case ETCDSERVERPB__ALARM_TYPE__NOSPACE: self = .noSpace
        case ETCDSERVERPB__ALARM_TYPE__CORRUPT: self = .corrupt
        default: self = .other(UInt32(truncatingIfNeeded: wire.rawValue))
        }
    }

    fileprivate var wire: Etcdserverpb__AlarmType {
        switch self {
        case .noSpace: ETCDSERVERPB__ALARM_TYPE__NOSPACE
        case .corrupt: ETCDSERVERPB__ALARM_TYPE__CORRUPT
        case .other(let number): Etcdserverpb__AlarmType(rawValue: .init(truncatingIfNeeded: number))
        }
    }
}
