//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Why bytes are no object in Kubernetes' protobuf form.
public struct ProtobufError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, for a person.
    public var message: String
    /// The path of the member, such as `spec.replicas`; empty for the whole.
    public var path: String

    package init(message: String, path: String) {
        self.message = message
        self.path = path
    }

    /// Both, for a person.
    public var description: String { path.isEmpty ? message : "\(path): \(message)" }
}
