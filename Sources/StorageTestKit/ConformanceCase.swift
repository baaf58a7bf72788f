//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// One behaviour that every ``Storage`` must have, as a test of its own.
///
/// Run all of ``StorageConformance/cases`` on a factory of yours; with Swift Testing, as arguments of one test:
///
/// ```swift
/// @Test("The storage behaves as a storage", arguments: StorageConformance.cases)
/// func conforms(to behaviour: ConformanceCase) async throws {
///     try await behaviour.run(on: MyFactory())
/// }
/// ```
public struct ConformanceCase: Sendable, CustomStringConvertible {
    /// The row of upstream's catalogue, such as `A04` or `L17`; `I…` for the invariants.
    public let id: String
    /// The behaviour, as a sentence.
    public let name: String
    /// What the storage, or what the test can do to it, has to offer.
    public let requirements: Set<ConformanceCapability>

    let isAlone: Bool
    let estimatesObjectSizes: Bool
    let body: @Sendable (Bench) async throws -> Void

    init(
        _ id: String, _ name: String, needs requirements: Set<ConformanceCapability> = [], alone isAlone: Bool = false,
        estimatesObjectSizes: Bool = false, _ body: @escaping @Sendable (Bench) async throws -> Void
    ) {
        self.id = id
        self.name = name
        self.requirements = requirements
        self.isAlone = isAlone
        self.estimatesObjectSizes = estimatesObjectSizes
        self.body = body
    }

    /// The row and the sentence.
    public var description: String { "\(id): \(name)" }

    /// How a run went that didn't fail.
    public enum Outcome: Sendable, Hashable {
        /// The storage behaves so.
        case passed
        /// It wasn't tried: the factory doesn't offer these.
        case skipped(Set<ConformanceCapability>)
    }

    /// Tries the behaviour on a fresh storage.
    /// - Throws: ``ConformanceFailure`` naming the row, what was done, what was expected and what came instead; what the factory throws.
    @discardableResult
    public func run(on factory: some ConformanceFactory) async throws -> Outcome {
        let missing = requirements.subtracting(factory.capabilities)
        guard missing.isEmpty else { return .skipped(missing) }
        let transformer = requirements.contains(.transformer) ? SwitchableTransformer() : nil
        let setup = ConformanceSetup(transformer: transformer, isAlone: isAlone, estimatesObjectSizes: estimatesObjectSizes)
        let capabilities = factory.capabilities
        let patience = factory.patience
        try await factory.withSubject(setup) { subject in
            do {
                try await body(Bench(subject: subject, capabilities: capabilities, patience: patience, optionalTransformer: transformer))
            } catch let failure as ConformanceFailure {
                throw failure.of(self)
            } catch {
                throw ConformanceFailure("unexpected error: \(error)").of(self)
            }
        }
        return .passed
    }
}

/// The behaviours of a ``Storage``, one for each row of upstream's catalogue that is about any storage. `Documentation/conformance.md` lists them.
public enum StorageConformance {
    /// All behaviours whose runs are the same each time.
    public static let cases: [ConformanceCase] = [
        createCases, getCases, deleteCases, unreadableCases, listCases, pagingCases, updateCases, statisticsCases, keyCases, listMatrixCases,
        watchCases, watchSelectionCases, watchStateCases,
    ].flatMap { $0 }

    /// The ten invariants, over random histories.
    /// - Parameters:
    ///   - seed: repeats a run. Every failure names it.
    ///   - steps: how many writes a history has.
    public static func invariants(seed: UInt64, steps: Int = 60) -> [ConformanceCase] {
        invariantCases(seed: seed, steps: steps)
    }
}
