//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient
import Logging
import Synchronization

extension EtcdStorage {
    /// Whether what is read without a limit comes as a stream: where no size of pages is set, and etcd is known to have streams. A server that hasn't
    /// would be read in pages that begin small, which takes more round trips than pages of ours.
    ///
    /// Asked of whichever member is connected, and again when ``RangeStreamKnowledge`` says so. Should another member not have streams, the client
    /// reads pages there.
    func streamsRanges() async -> Bool {
        guard configuration.listPageSize == nil else { return false }
        switch rangeStreams.withLock({ $0.decide(now: .now) }) {
        case .known(let isThere): return isThere
        case .ask(let otherwise):
            do throws(EtcdError) {
                let deadline = ContinuousClock.now + min(requests.client.configuration.readTimeout, .seconds(5))
                let version = try await requests.client.status(deadline: deadline).version
                let isThere = EtcdVersion(version)?.streamsRanges ?? false
                rangeStreams.withLock { $0.learn(isThere, now: .now) }
                return isThere
            } catch {
                // Who may not ask isn't told a minute later either.
                if error.code == .permissionDenied || error.code == .unimplemented { rangeStreams.withLock { $0.learn(false, now: .now) } }
                logger.debug("etcd's version is unknown yet", metadata: ["error": "\(error)", "streams": "\(otherwise)"])
                return otherwise
            }
        }
    }
}
