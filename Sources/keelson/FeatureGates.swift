//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Which features are on, as kube-apiserver's flag writes it: `A=true,B=false`.
struct FeatureGates: ExpressibleByArgument, Equatable {
    /// The features that can be switched.
    enum Feature: String, CaseIterable {
        /// Objects that can't be read may be deleted unread, by those who have the permission.
        case allowUnsafeMalformedObjectDeletion = "AllowUnsafeMalformedObjectDeletion"

        var isOnByDefault: Bool { true }
    }

    private var isOn: [Feature: Bool] = [:]

    /// Every feature as it is by default.
    init() {}

    /// nil for what isn't a list of known features, each with `true` or `false`.
    init?(argument: String) {
        for part in argument.split(separator: ",") {
            let halves = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard halves.count == 2, let feature = Feature(rawValue: halves[0]), let value = Bool(halves[1]) else { return nil }
            isOn[feature] = value
        }
    }

    var defaultValueDescription: String { Feature.allCases.map { "\($0.rawValue)=\($0.isOnByDefault)" }.joined(separator: ",") }

    subscript(feature: Feature) -> Bool { isOn[feature] ?? feature.isOnByDefault }
}
