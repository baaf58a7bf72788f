//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Kubernetes' storage stack as a server.
@main
struct Keelson: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keelson", abstract: "An API server for kubectl, client-go and Helm, on etcd.", version: KeelsonVersion.current,
        subcommands: [ServeCommand.self])
}

/// What this program calls itself.
enum KeelsonVersion {
    /// The version of this program.
    static let current = "0.1.0"
    /// The Kubernetes API level it serves, which clients compare with their own.
    static let kubernetesMajor = "1"
    /// See ``kubernetesMajor``.
    static let kubernetesMinor = "34"
}
