//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import GRPCTransport
import Logging
import NIOCore
import Synchronization

/// Renews all leases of a client, on one stream.
final class LeaseKeeper: Sendable {
    /// One wish to keep a lease. Whoever has it must give it back by ``LeaseKeeper/release(_:)``.
    struct Keeping: Sendable, Hashable {
        let lease: Int64
        fileprivate let number: UInt64
    }

    private struct Wish {
        var loss: EtcdError?
        var waiters: [UInt64: CheckedContinuation<EtcdError, Never>] = [:]
    }

    private struct Shared {
        var machine = LeaseKeepAliveStateMachine()
        var wishes: [Keeping: Wish] = [:]
        var byLease: [Int64: Set<Keeping>] = [:]
        var next: UInt64 = 0
        var stream: GRPCStream?
        /// Whether the last stream that was given up was so for its silence.
        var wasSilent = false
        /// Leases to ask for, in order.
        var outbox: [Int64] = []

        /// Takes in an event. Whoever changes the wishes does so under the same lock: the machine counts those who keep a lease.
        mutating func handle(_ event: LeaseKeepAliveStateMachine.Event) -> Effects {
            let action = machine.handle(event)
            var effects = Effects(event: event, action: action)
            for (id, reason) in action.lost {
                for keeping in byLease.removeValue(forKey: id) ?? [] {
                    effects.waiters += (wishes[keeping]?.waiters.values).map { $0.map { ($0, reason) } } ?? []
                    wishes[keeping] = Wish(loss: reason)
                }
            }
            outbox += action.renew
            if let abandonment = action.abandon {
                effects.abandoned = stream.take()
                wasSilent = abandonment == .silent
            }
            return effects
        }
    }

    /// What is left to do, outside the lock, of an event.
    private struct Effects {
        var event: LeaseKeepAliveStateMachine.Event
        var action: LeaseKeepAliveStateMachine.Action
        var abandoned: GRPCStream?
        var waiters: [(CheckedContinuation<EtcdError, Never>, EtcdError)] = []
    }

    private let shared = Mutex(Shared())
    private let logger: Logger
    private let observer: ClientObserver?
    private let timerBell = Bell()
    private let openerBell = Bell()
    private let senderBell = Bell()
    /// Held while the gauge is set, so that what it tells last is what there was last.
    private let gauge = Mutex(())

    init(logger: Logger, observer: ClientObserver?) {
        self.logger = logger
        self.observer = observer
    }

    // MARK: For those who keep leases

    /// Renews a lease from now on.
    /// - Parameter since: when it was asked for or last renewed.
    func keep(_ id: Int64, ttl: Int64, since: ContinuousClock.Instant) -> Keeping {
        let (keeping, effects) = shared.withLock { shared in
            shared.next += 1
            let keeping = Keeping(lease: id, number: shared.next)
            shared.wishes[keeping] = Wish()
            shared.byLease[id, default: []].insert(keeping)
            return (keeping, shared.handle(.keep(id, ttl: ttl, since: since, .now)))
        }
        carryOut(effects)
        return keeping
    }

    /// Ends a wish; again does nothing. The lease expires by itself when nobody else keeps it.
    func release(_ keeping: Keeping) {
        let (wish, effects) = shared.withLock { shared -> (Wish?, Effects?) in
            shared.byLease[keeping.lease]?.remove(keeping)
            if shared.byLease[keeping.lease]?.isEmpty == true { shared.byLease[keeping.lease] = nil }
            let wish = shared.wishes.removeValue(forKey: keeping)
            // The machine has forgotten those whose lease was lost.
            guard let wish, wish.loss == nil else { return (wish, nil) }
            return (wish, shared.handle(.release(keeping.lease)))
        }
        guard let wish else { return }
        if let effects { carryOut(effects) }
        for waiter in wish.waiters.values { waiter.resume(returning: Self.released(keeping)) }
    }

    /// Why the lease was lost; nil while it's certain to live, by the clock at this very moment.
    func loss(_ keeping: Keeping) -> EtcdError? {
        let expiry = shared.withLock { $0.machine.expiry(of: keeping.lease) }
        // The timer may be late, most of all in a process that was stopped for a while.
        if let expiry, expiry <= .now { advance(.woke(.now)) }
        return shared.withLock { shared in
            guard let wish = shared.wishes[keeping] else { return Self.released(keeping) }
            return wish.loss
        }
    }

    /// Whether anybody's wish has a lease renewed.
    func renews(_ id: Int64) -> Bool { shared.withLock { $0.machine.expiry(of: id) != nil } }

    /// Waits until the lease is lost, or the task is cancelled.
    func waitForLoss(_ keeping: Keeping) async -> EtcdError {
        let number = shared.withLock { shared in
            shared.next += 1
            return shared.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let over: EtcdError? = shared.withLock { shared in
                    guard let wish = shared.wishes[keeping] else { return Self.released(keeping) }
                    if let loss = wish.loss { return loss }
                    if Task.isCancelled { return Self.canceled(keeping) }
                    shared.wishes[keeping]?.waiters[number] = continuation
                    return nil
                }
                if let over { continuation.resume(returning: over) }
            }
        } onCancel: {
            let waiter = shared.withLock { $0.wishes[keeping]?.waiters.removeValue(forKey: number) }
            waiter?.resume(returning: Self.canceled(keeping))
        }
    }

    private static func released(_ keeping: Keeping) -> EtcdError {
        EtcdError(.canceled, message: "lease \(keeping.lease): it isn't kept alive any more")
    }

    private static func canceled(_ keeping: Keeping) -> EtcdError {
        EtcdError(.canceled, message: "keep lease \(keeping.lease) alive: the task was cancelled")
    }

    // MARK: The work

    /// Renews until cancelled; what is kept then is lost.
    func run(_ client: EtcdClient) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.runTimer() }
            group.addTask { await self.runStreams(client) }
        }
        advance(.stopped)
    }

    /// Takes in an event, and does what can be done at once.
    func advance(_ event: LeaseKeepAliveStateMachine.Event) { carryOut(shared.withLock { $0.handle(event) }) }

    private func carryOut(_ effects: Effects) {
        if let abandoned = effects.abandoned {
            // A connection that is silent though it owes an answer is no good for others either.
            if effects.action.abandon == .silent { abandoned.reportWedged() }
            abandoned.cancel()
        }
        for (waiter, reason) in effects.waiters { waiter.resume(returning: reason) }
        for (id, reason) in effects.action.lost {
            observer?.leaseLost()
            if reason.code != .stopped { logger.warning("lease lost", metadata: ["lease": "\(id)", "reason": "\(reason)"]) }
        }
        if !effects.action.renew.isEmpty { senderBell.ring() }
        switch effects.event {
        // These may have brought something forward.
        case .keep, .opened, .broken, .stopped:
            tellCount()
            timerBell.ring()
            openerBell.ring()
        case .release: tellCount()
        case .answered, .woke: if !effects.action.lost.isEmpty { tellCount() }
        }
    }

    private func tellCount() {
        guard let observer else { return }
        gauge.withLock { _ in observer.leases(shared.withLock { $0.machine.count }) }
    }

    private func runTimer() async {
        while !Task.isCancelled {
            await timerBell.wait(until: shared.withLock { $0.machine.wakesAt })
            advance(.woke(.now))
        }
    }

    private func runStreams(_ client: EtcdClient) async {
        while !Task.isCancelled {
            guard let opensAt = shared.withLock({ $0.machine.opensAt }) else {
                await openerBell.wait()
                continue
            }
            if opensAt > .now {
                await openerBell.wait(until: opensAt)
                continue
            }
            var login: UInt64?
            do throws(GRPCError) {
                let opened = try await client.openKeepAliveStream()
                login = opened.login
                try await work(on: opened.stream, of: client)
            } catch {
                client.judge(error, lane: .watch)
                let code = ServerError(error).code
                if error.refusesToken, let login {
                    client.authenticator.streamRefused(login: login)
                    // Before the pause, as everywhere.
                    await client.authenticator.prepare()
                }
                logger.debug("the stream that renews leases broke", metadata: ["error": "\(error)"])
                observer?.keepAliveBroke()
                let failure = EtcdError(error.origin == .shutdown ? .stopped : code, message: error.message, underlying: error)
                advance(.broken(failure, .now, jitter: .random(in: 0..<1)))
            }
        }
    }

    /// Sends and receives until the stream is given up, or ends by an error.
    private func work(on stream: GRPCStream, of client: EtcdClient) async throws(GRPCError) {
        shared.withLock { shared in
            shared.outbox = []
            shared.stream = stream
        }
        advance(.opened(.now))
        defer { stream.cancel() }
        let error = await withTaskGroup(of: GRPCError.self) { group in
            group.addTask { await self.send(on: stream) }
            group.addTask { await self.receive(from: stream) }
            let first = await group.next()
            group.cancelAll()
            return first
        }
        let (isAbandoned, wasSilent) = shared.withLock { ($0.stream.take() == nil, $0.wasSilent) }
        if !isAbandoned { throw error ?? Self.ended(stream) }
        guard wasSilent else { return }
        logger.debug("the stream that renews leases is silent", metadata: ["endpoint": "\(stream.endpoint)"])
        observer?.keepAliveBroke()
        client.transport.report(.unavailable, of: stream.endpoint, lane: .watch)
    }

    private func send(on stream: GRPCStream) async -> GRPCError {
        while !Task.isCancelled {
            let leases = shared.withLock { shared in
                defer { shared.outbox = [] }
                return shared.outbox
            }
            if leases.isEmpty {
                await senderBell.wait()
                continue
            }
            do throws(GRPCError) {
                for lease in leases { try await stream.send(LeaseKeepAliveResponse.request(lease)) }
            } catch {
                return error
            }
            // The timer counts from when they were asked for.
            timerBell.ring()
        }
        return Self.cancelled
    }

    private func receive(from stream: GRPCStream) async -> GRPCError {
        while true {
            do throws(GRPCError) {
                let messages = try await stream.nextMessages()
                if messages.isEmpty { return Self.ended(stream) }
                for message in messages {
                    let answer = try LeaseKeepAliveResponse(reading: message, from: stream.endpoint)
                    advance(.answered(answer.id, ttl: answer.ttl, .now))
                }
                timerBell.ring()
            } catch {
                return error
            }
        }
    }

    private static func ended(_ stream: GRPCStream) -> GRPCError {
        GRPCError(
            code: .unavailable, message: "the server ended the stream", disposition: .mayHaveExecuted, origin: .server, endpoint: stream.endpoint)
    }
    private static let cancelled = GRPCError(code: .cancelled, message: "cancelled", disposition: .mayHaveExecuted, origin: .caller)
}
