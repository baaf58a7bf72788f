//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import CEtcdMessages
import GRPCTransport
import Logging
import NIOCore

extension EtcdClient {
    /// Follows an election: who leads now, each new leader, and all that leaders proclaim.
    ///
    /// Waits for a first leader when there's none. When a connection or a member fails it goes on with another, for as long as it takes; proclamations
    /// made meanwhile may be missed, except for the latest. Nothing is told twice. Nothing connects before it is read.
    public func observe(_ name: [UInt8]) -> LeaderStream { LeaderStream(client: self, name: name) }

    /// Follows an election that is named by text.
    public func observe(_ name: String) -> LeaderStream { observe(Array(name.utf8)) }
}

/// An election that is followed: see ``EtcdClient/observe(_:)-([UInt8])``.
///
/// It never ends but by an error: `canceled`, `permissionDenied`, `unimplemented`, `stopped`…; `historyLost` when the cluster is another, or its store
/// older than what was told, so that what is known of the election doesn't hold any more. Each iterator follows for itself.
public struct LeaderStream: AsyncSequence, Sendable {
    /// Who leads, and what the leader proclaims.
    public typealias Element = LeaderResponse
    /// What it ends with.
    public typealias Failure = EtcdError

    let client: EtcdClient
    let name: [UInt8]
    /// What the keys that are told begin with, and lose.
    var prefix = KeyPrefix([])

    /// Follows from now on.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(sequence: self) }

    /// Follows an election.
    public struct AsyncIterator: AsyncIteratorProtocol, Sendable {
        private let sequence: LeaderStream
        private var stream: GRPCStream?
        private var inbox: ArraySlice<ByteBuffer> = []
        /// Whose token the stream was opened with.
        private var login: UInt64?
        private var told: (created: Int64, modified: Int64) = (0, 0)
        /// Of the cluster that told it; 0 when it hasn't said.
        private var clusterID: UInt64 = 0
        private var policy: CallPolicy
        private var isOver = false

        fileprivate init(sequence: LeaderStream) {
            self.sequence = sequence
            policy = sequence.freshPolicy
        }

        /// Waits for the next news.
        public mutating func next() async throws(EtcdError) -> LeaderResponse? { try await next(isolation: nil) }

        /// Waits for the next news.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(EtcdError) -> LeaderResponse? {
            if isOver { return nil }
            do throws(EtcdError) {
                while true {
                    while let message = inbox.popFirst() {
                        policy = sequence.freshPolicy
                        let answer = try sequence.decode(message)
                        try check(answer.header)
                        // A new stream begins with what is so now, which may be known. Leaders follow each other in the order in which they lined
                        // up: the next may have done so, and have said all it says, before the one before it spoke for the last time.
                        let news = (created: answer.kv.createRevision, modified: answer.kv.modRevision)
                        guard news > told else { continue }
                        told = news
                        return sequence.prefix.removing(from: answer)
                    }
                    do throws(GRPCError) {
                        inbox = try await messages()[...]
                    } catch {
                        stream = nil
                        try await wait(after: error)
                    }
                }
            } catch {
                isOver = true
                stream = nil
                throw error
            }
        }

        /// Looks whether the store still is the one that was told of.
        private mutating func check(_ header: ResponseHeader) throws(EtcdError) {
            if header.clusterID != 0 {
                if clusterID != 0, header.clusterID != clusterID {
                    throw sequence.historyLost("the cluster is \(header.clusterID), no longer \(clusterID)")
                }
                clusterID = header.clusterID
            }
            // A revision of 0 says nothing: servers that only speak like etcd leave it out.
            if header.revision > 0, header.revision < told.modified {
                throw sequence.historyLost("the store is at revision \(header.revision), before \(told.modified) that was told")
            }
        }

        private mutating func messages(isolation actor: isolated (any Actor)? = #isolation) async throws(GRPCError) -> [ByteBuffer] {
            let current: GRPCStream
            if let stream {
                current = stream
            } else {
                current = try await open()
            }
            let messages = try await sequence.messages(of: current, told)
            if messages.isEmpty {
                throw GRPCError(
                    code: .unavailable, message: "the server ended the stream", disposition: .mayHaveExecuted, origin: .server,
                    endpoint: current.endpoint)
            }
            return messages
        }

        private mutating func open(isolation actor: isolated (any Actor)? = #isolation) async throws(GRPCError) -> GRPCStream {
            let request = try sequence.request()
            login = nil
            let opened = try await sequence.client.openStream("/v3electionpb.Election/Observe", lane: .watch)
            (stream, login) = (opened.stream, opened.login)
            try await opened.stream.send(request)
            opened.stream.finishSending()
            return opened.stream
        }

        private mutating func wait(after error: GRPCError, isolation actor: isolated (any Actor)? = #isolation) async throws(EtcdError) {
            // A learner would refuse the next one as well.
            sequence.client.judge(error, lane: .watch)
            switch policy.handle(error, remaining: EtcdClient.forever, jitter: .random(in: 0..<1)) {
            case .fail(let failure): throw failure
            case .authenticate(let pause):
                if let login { sequence.client.authenticator.streamRefused(login: login) }
                await sequence.client.authenticator.prepare()
                try await EtcdClient.pause(pause) { sequence.operation }
            case .retry(let wait):
                if error.origin == .server { try await sequence.findOut() }
                try await EtcdClient.pause(wait) { sequence.operation }
            }
        }
    }

    /// The stream's next messages. While there are none another call looks whether there should be.
    fileprivate func messages(of stream: GRPCStream, _ told: (created: Int64, modified: Int64)) async throws(GRPCError) -> [ByteBuffer] {
        guard let probe = client.configuration.watchProbe else { return try await stream.nextMessages() }
        let outcome = await withTaskGroup(of: Result<[ByteBuffer], GRPCError>?.self) { group in
            group.addTask {
                do throws(GRPCError) {
                    return .success(try await stream.nextMessages())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                // Its end, which leaving it brings about, would look like the caller's wish.
                await watchOver(stream, told, probe) ? .failure(.silent(stream.endpoint)) : nil
            }
            defer { group.cancelAll() }
            while let outcome = await group.next() { if let outcome { return outcome } }
            preconditionFailure("who reads the stream has an outcome")
        }
        return try outcome.get()
    }

    /// Leaves a server that says nothing of a leader whom a call has found. Returns then, and when the task is cancelled.
    /// - Returns: whether the server was left.
    private func watchOver(_ stream: GRPCStream, _ told: (created: Int64, modified: Int64), _ probe: WatchOptions.Liveness) async -> Bool {
        do {
            while true {
                // Each look is a call, and the interval may be 0.
                try await Task.sleep(for: Swift.max(probe.interval, WatchLivenessStateMachine.shortestPeriod))
                guard await isBehind(told) else { continue }
                // It may just be coming.
                try await Task.sleep(for: probe.timeout)
                stream.leaveServer()
                return !Task.isCancelled
            }
        } catch {
            return false
        }
    }

    private func isBehind(_ told: (created: Int64, modified: Int64)) async -> Bool {
        do throws(EtcdError) {
            let leader = try await client.leader(name).kv
            return (leader.createRevision, leader.modRevision) > told
        } catch {
            // No leader is nothing to tell, and whatever else is wrong the stream may tell itself.
            client.logger.debug("no sign of life of an observer", metadata: ["election": "\(KeyRange.text(name))", "error": "\(error)"])
            return false
        }
    }

    /// etcd ends an observer's stream without a word whatever is wrong, a token that ran out and a right that is missing included. A call says what it
    /// is, and logs in.
    fileprivate func findOut() async throws(EtcdError) {
        do throws(EtcdError) {
            _ = try await client.leader(name)
        } catch {
            guard error.code == .electionNoLeader || CallPolicy.mayPass(error.code) else { throw error }
        }
    }

    fileprivate func historyLost(_ what: String) -> EtcdError {
        client.observer?.historyLost()
        return EtcdError(.historyLost, message: "\(operation): \(what); look anew who leads")
    }

    fileprivate var operation: String { "observe \(KeyRange.text(name))" }

    fileprivate var freshPolicy: CallPolicy {
        CallPolicy(
            kind: .repeatable, endpoints: client.transport.endpoints.count, canLogIn: client.authenticator.canLogIn,
            operation: .other { [operation] in operation })
    }

    fileprivate func request() throws(GRPCError) -> [UInt8] {
        do throws(ArenaExhausted) {
            return try MessageArena.withArena { arena throws(ArenaExhausted) in
                let request = try arena.make(v3electionpb__leader_request__init)
                request.pointee.name = try arena.binary(name)
                return arena.pack(request)
            }
        } catch {
            throw GRPCError(
                code: .invalidArgument, message: "the election's name doesn't fit into 64 MiB", disposition: .notSent, origin: .protocolViolation)
        }
    }

    fileprivate func decode(_ message: ByteBuffer) throws(EtcdError) -> LeaderResponse {
        do throws(MalformedMessage) {
            return try message.decoded { bytes throws(MalformedMessage) in
                try MessageArena.decode(bytes, v3electionpb__leader_response__unpack) { LeaderResponse($0) }
            }
        } catch {
            throw EtcdError(.malformedResponse, message: "\(operation): the server's message can't be read: \(error.reason)")
        }
    }
}
