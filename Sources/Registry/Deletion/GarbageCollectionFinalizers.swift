//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The two finalizers with which the server hands an object to the garbage collector.
///
/// Source of the rule: upstream registry's deletionFinalizersForGarbageCollection.
enum GarbageCollectionFinalizers {
    static let orphan = "orphan"
    static let foreground = "foregroundDeletion"

    /// The finalizers an object must have for a delete with these options; nil when it has them.
    static func updated(_ existing: [String], options: DeleteOptions, defaultPolicy: GarbageCollectionPolicy) -> [String]? {
        let wanted = wanted(existing, options: options, defaultPolicy: defaultPolicy)
        var finalizers = existing.filter { $0 != orphan && $0 != foreground }
        if let wanted { finalizers.append(wanted) }
        return Set(finalizers) == Set(existing) ? nil : finalizers
    }

    /// The one that applies; what was asked for wins over what is there, and that over the kind's default.
    private static func wanted(_ existing: [String], options: DeleteOptions, defaultPolicy: GarbageCollectionPolicy) -> String? {
        if defaultPolicy == .unsupported { return nil }
        if let orphans = options.orphanDependents { return orphans ? orphan : nil }
        switch options.propagationPolicy {
        case .orphan: return orphan
        case .foreground: return foreground
        case .background: return nil
        case nil: break
        }
        if let present = existing.first(where: { $0 == orphan || $0 == foreground }) { return present }
        return defaultPolicy == .orphanDependents ? orphan : nil
    }
}
