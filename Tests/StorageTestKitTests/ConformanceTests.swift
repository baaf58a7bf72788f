//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdTestKit
import StorageTestKit
import Testing

/// Every behaviour of the catalogue, on our storages over real etcds.
@Suite(.timeLimit(.minutes(10))) struct ConformanceTests {
    @Test("A storage on the installed etcd behaves as a storage", arguments: StorageConformance.cases)
    func installed(behaviour: ConformanceCase) async throws {
        try await run(behaviour, on: EtcdFactory(release: .installed), .installed)
    }

    @Test("A storage on etcd 3.4 behaves as a storage", arguments: StorageConformance.cases)
    func release34(behaviour: ConformanceCase) async throws {
        try await run(behaviour, on: EtcdFactory(release: .release34), .release34)
    }

    @Test("A cache behaves as a storage", arguments: StorageConformance.cases)
    func cacher(behaviour: ConformanceCase) async throws {
        try await run(behaviour, on: CacherFactory(release: .installed), .installed)
    }

    @Test("The invariants hold on the installed etcd", arguments: invariants)
    func invariantsInstalled(invariant: ConformanceCase) async throws {
        try await run(invariant, on: EtcdFactory(release: .installed), .installed)
    }

    @Test("The invariants hold on etcd 3.4", arguments: invariants)
    func invariants34(invariant: ConformanceCase) async throws {
        try await run(invariant, on: EtcdFactory(release: .release34), .release34)
    }

    @Test("The invariants hold on a cache", arguments: invariants)
    func invariantsCacher(invariant: ConformanceCase) async throws {
        try await run(invariant, on: CacherFactory(release: .installed), .installed)
    }

    private static let invariants = StorageConformance.invariants(seed: Soak.seed, steps: Soak.rounds(60, secondsPerRound: 0.05))

    private func run(_ behaviour: ConformanceCase, on factory: some ConformanceFactory, _ release: EtcdRelease) async throws {
        if let absence = release.absence {
            print("skipped \(behaviour.id): \(absence)")
            return
        }
        if case .skipped(let missing) = try await behaviour.run(on: factory) {
            print("skipped \(behaviour.id) on \(type(of: factory)): it needs \(missing.map(\.rawValue).sorted().joined(separator: ", "))")
        }
    }
}
