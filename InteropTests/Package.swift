// swift-tools-version:6.2
//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// A package of its own, so that nobody who uses the libraries ever needs the gRPC C core. It is linked by name: Debian's pkg-config flags
// for it are more than a command line takes.
let package = Package(
    name: "interop-tests",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "keelson", path: ".."),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    ],
    targets: [
        .target(name: "CGRPCCoreServer", linkerSettings: [.linkedLibrary("grpc"), .linkedLibrary("gpr")]),
        .testTarget(
            name: "InteropTests",
            dependencies: [
                "CGRPCCoreServer",
                .product(name: "GRPCTransport", package: "keelson"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: strict),
    ],
    cLanguageStandard: .c11
)
