//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import NIOCore
import NIOPosix
import Testing

@testable import GRPCTransport

@Suite("Tasks on the event loop of the connections")
struct EventLoopTaskExecutorTests {
    @Test("A task that prefers the transport's executor is on its loop after each call, and all calls get their answers")
    func callsFromTheLoop() async throws {
        let cluster = try await EtcdCluster.shared()
        let prefix = cluster.uniquePrefix()
        try await withTransport(cluster.endpoints, tls: cluster.tls) { transport in
            let executor = try #require(transport.taskExecutor as? EventLoopTaskExecutor)
            try await withTaskExecutorPreference(transport.taskExecutor) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<64 {
                        group.addTask {
                            let key = prefix + "loop/\(number)/"
                            for round in 0..<5 {
                                let value = "value \(round) of \(number)."
                                _ = try await transport.unary(Etcd.put, message: Etcd.putRequest(key, value), deadline: soon)
                                #expect(executor.eventLoop.inEventLoop)
                                let response = try await transport.unary(Etcd.range, message: Etcd.rangeRequest(key), deadline: soon)
                                #expect(response.message.contains(value))
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test("Tasks that are made on many threads at once all run, and come back to the loop whenever they gave it up")
    func manyTasks() async {
        let executor = EventLoopTaskExecutor(MultiThreadedEventLoopGroup.singleton.next())
        let strays = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    await withTaskGroup(of: Bool.self) { inner in
                        for _ in 0..<200 {
                            inner.addTask(executorPreference: executor) {
                                for _ in 0..<5 {
                                    guard executor.eventLoop.inEventLoop else { return false }
                                    await Task.yield()
                                }
                                return executor.eventLoop.inEventLoop
                            }
                        }
                        return await inner.reduce(0) { $0 + ($1 ? 0 : 1) }
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(strays == 0)
    }
}
