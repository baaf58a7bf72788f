//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct WatchMailboxTests {
    @Test("Events come in order, and as many at once as are there")
    func batches() async {
        let mailbox = WatchMailbox()
        #expect(mailbox.offer(events(1...2)) == .accepted)
        #expect(mailbox.offer(events(3...3)) == .accepted)
        #expect(versions(await mailbox.nextBatch()) == [1, 2, 3])
        #expect(mailbox.offer(events(4...4)) == .accepted)
        mailbox.finish()
        #expect(versions(await mailbox.nextBatch()) == [4])
        #expect(await mailbox.nextBatch().isEmpty)
        #expect(await mailbox.nextBatch().isEmpty)
        #expect(mailbox.offer(events(5...5)) == .closed)
    }

    @Test("A consumer that waits is given what comes")
    func wakes() async {
        let mailbox = WatchMailbox()
        async let batch = mailbox.nextBatch()
        #expect(await mailbox.send(events(1...1)))
        #expect(versions(await batch) == [1])
        async let end = mailbox.nextBatch()
        mailbox.finish()
        #expect(await end.isEmpty)
    }

    @Test("A full mailbox takes nothing more, and takes again once emptied")
    func isBounded() async {
        let mailbox = WatchMailbox(maximumEvents: 2)
        #expect(mailbox.offer(events(1...5)) == .accepted)
        #expect(mailbox.offer(events(6...6)) == .full)
        #expect(versions(await mailbox.nextBatch()) == [1, 2, 3, 4, 5])
        #expect(mailbox.offer(events(6...6)) == .accepted)
        #expect(mailbox.offer([]) == .accepted)
    }

    @Test("Bytes count as well as events")
    func countsBytes() async {
        let mailbox = WatchMailbox(maximumEvents: 1000, maximumBytes: 10)
        #expect(mailbox.offer([change(1, bytes: 9)]) == .accepted)
        #expect(mailbox.offer([change(2, bytes: 9)]) == .accepted)
        #expect(mailbox.offer([change(3, bytes: 9)]) == .full)
        _ = await mailbox.nextBatch()
        #expect(mailbox.offer([change(3, bytes: 9)]) == .accepted)
    }

    @Test("A producer waits for room, and nothing is lost or reordered")
    func backPressure() async {
        let mailbox = WatchMailbox(maximumEvents: 3)
        let received = await withTaskGroup(of: [UInt64].self) { group in
            group.addTask {
                for version in 1...500 where !(await mailbox.send(self.events(version...version))) { break }
                mailbox.finish()
                return []
            }
            group.addTask {
                var all: [UInt64] = []
                while true {
                    let batch = await mailbox.nextBatch()
                    if batch.isEmpty { return all }
                    #expect(batch.count <= 3)
                    all += self.versions(batch)
                }
            }
            return await group.reduce([]) { $0 + $1 }
        }
        #expect(received == (1...500).map(UInt64.init))
    }

    @Test("A failure is the last event, whether there is room or not")
    func fails() async {
        let mailbox = WatchMailbox(maximumEvents: 1)
        #expect(mailbox.offer(events(1...1)) == .accepted)
        mailbox.finish(failing: StorageError(.expired))
        mailbox.finish(failing: StorageError(.internalError))
        let batch = await mailbox.nextBatch()
        #expect(batch.count == 2)
        if case .failure(let error)? = batch.last { #expect(error.code == .expired) } else { Issue.record("no failure") }
        #expect(await mailbox.nextBatch().isEmpty)
    }

    @Test("A consumer that goes releases the producer, and is told of once")
    func cancels() async {
        let told = Atomic(0)
        let mailbox = WatchMailbox(maximumEvents: 1, onCancel: { told.add(1, ordering: .relaxed) })
        #expect(mailbox.offer(events(1...1)) == .accepted)
        async let sent = mailbox.send(events(2...2))
        mailbox.cancel()
        mailbox.cancel()
        #expect(await !sent)
        #expect(await mailbox.nextBatch().isEmpty)
        #expect(told.load(ordering: .relaxed) == 1)
    }

    @Test("Cancelling the task that waits for events ends the watch")
    func cancelsByTask() async {
        let told = Atomic(0)
        let mailbox = WatchMailbox(onCancel: { told.add(1, ordering: .relaxed) })
        await withTaskGroup(of: Void.self) { group in
            group.addTask { #expect(await mailbox.nextBatch().isEmpty) }
            group.cancelAll()
        }
        #expect(mailbox.offer(events(1...1)) == .closed)
        #expect(told.load(ordering: .relaxed) == 1)
    }

    @Test("Cancelling the task that waits for room leaves the mailbox as it is")
    func cancelsProducer() async {
        let mailbox = WatchMailbox(maximumEvents: 1)
        #expect(mailbox.offer(events(1...1)) == .accepted)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { #expect(await !mailbox.send(self.events(2...2))) }
            group.cancelAll()
        }
        #expect(versions(await mailbox.nextBatch()) == [1])
        #expect(mailbox.offer(events(3...3)) == .accepted)
    }

    @Test("Letting go of a stream ends the watch below")
    func streamEnds() async {
        let told = Atomic(0)
        do {
            let mailbox = WatchMailbox(onCancel: { told.add(1, ordering: .relaxed) })
            let stream = WatchStream(source: mailbox)
            #expect(mailbox.offer(events(1...2)) == .accepted)
            var iterator = stream.makeAsyncIterator()
            #expect(await iterator.next()?.resourceVersion == ResourceVersion(1))
            #expect(await iterator.next()?.resourceVersion == ResourceVersion(2))
            #expect(told.load(ordering: .relaxed) == 0)
        }
        #expect(told.load(ordering: .relaxed) == 1)
    }

    private func events(_ versions: ClosedRange<Int>) -> [WatchEvent] {
        versions.map { .bookmark(ResourceVersion(UInt64($0)), endsInitialEvents: false) }
    }

    private func change(_ version: UInt64, bytes: Int) -> WatchEvent {
        let object = StoredObject(key: "/a", bytes: Array(repeating: 0, count: bytes), resourceVersion: ResourceVersion(version))
        return .change(WatchChange(kind: .added, object: object))
    }

    private func versions(_ batch: [WatchEvent]) -> [UInt64] { batch.compactMap { $0.resourceVersion?.value } }
}
