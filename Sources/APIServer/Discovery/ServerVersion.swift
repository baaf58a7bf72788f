//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// What `/version` tells.
public struct ServerVersion: Sendable, Hashable {
    /// The Kubernetes version whose API is served, such as `1.34`.
    public var major: String
    /// See ``major``.
    public var minor: String
    /// The full version; clients parse it as a semantic one.
    public var gitVersion: String
    /// The commit the server was built from.
    public var gitCommit: String
    /// When it was built.
    public var buildDate: String
    /// What built it.
    public var compiler: String
    /// The system it runs on, such as `linux/amd64`.
    public var platform: String

    /// A version; the defaults name the Kubernetes version whose API is served.
    public init(
        major: String = "1", minor: String = "34", gitVersion: String = "v1.34.0+keelson", gitCommit: String = "",
        buildDate: String = "1970-01-01T00:00:00Z", compiler: String = "swift", platform: String = ServerVersion.builtForPlatform
    ) {
        self.major = major
        self.minor = minor
        self.gitVersion = gitVersion
        self.gitCommit = gitCommit
        self.buildDate = buildDate
        self.compiler = compiler
        self.platform = platform
    }

    /// The platform of this build.
    public static var builtForPlatform: String {
        #if os(Linux)
        let system = "linux"
        #elseif os(macOS)
        let system = "darwin"
        #else
        let system = "unknown"
        #endif
        #if arch(x86_64)
        return system + "/amd64"
        #elseif arch(arm64)
        return system + "/arm64"
        #else
        return system + "/unknown"
        #endif
    }

    /// The document. `goVersion` is there because clients print it; the compiler isn't Go.
    var json: JSONValue {
        [
            "major": .string(major), "minor": .string(minor), "emulationMajor": .string(major), "emulationMinor": .string(minor),
            "minCompatibilityMajor": .string(major), "minCompatibilityMinor": .string(Int(minor).map { String($0 - 1) } ?? minor),
            "gitVersion": .string(gitVersion), "gitCommit": .string(gitCommit), "gitTreeState": "", "buildDate": .string(buildDate),
            "goVersion": "", "compiler": .string(compiler), "platform": .string(platform),
        ]
    }
}
