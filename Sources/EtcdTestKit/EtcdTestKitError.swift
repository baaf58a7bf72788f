//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Why a cluster for a test could not be had, or a command on it failed.
public struct EtcdTestKitError: Error, Sendable, CustomStringConvertible {
    /// What failed, on what, and what to do about it.
    public let description: String

    /// A failure.
    public init(_ description: String) {
        self.description = description
    }
}
