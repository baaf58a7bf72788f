// swift-tools-version:6.2
//
// This source file is part of the Keelson open source project
// Copyright (c) 2026 the Keelson project authors
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let strictC: [CSetting] = [
    .unsafeFlags(["-std=c11", "-Wall", "-Wextra", "-Werror=implicit-function-declaration"])
]

extension Target.Dependency {
    static let nioCore: Self = .product(name: "NIOCore", package: "swift-nio")
    static let nioPosix: Self = .product(name: "NIOPosix", package: "swift-nio")
    static let nioSSL: Self = .product(name: "NIOSSL", package: "swift-nio-ssl")
    static let nioFoundationCompat: Self = .product(name: "NIOFoundationCompat", package: "swift-nio")
    static let logging: Self = .product(name: "Logging", package: "swift-log")
    static let metrics: Self = .product(name: "Metrics", package: "swift-metrics")
    static let serviceLifecycle: Self = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
}

let package = Package(
    name: "keelson",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "GRPCTransport", targets: ["GRPCTransport"]),
        .library(name: "EtcdClient", targets: ["EtcdClient"]),
        .library(name: "APIMachinery", targets: ["APIMachinery"]),
        .library(name: "Storage", targets: ["Storage"]),
        .library(name: "EtcdStorage", targets: ["EtcdStorage"]),
        .library(name: "CacherStorage", targets: ["CacherStorage"]),
        .library(name: "Registry", targets: ["Registry"]),
        .library(name: "APIServer", targets: ["APIServer"]),
        .library(name: "EtcdTestKit", targets: ["EtcdTestKit"]),
        .executable(name: "keelson", targets: ["keelson"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
    ],
    targets: [
        // Floor 0: system libraries.
        .systemLibrary(
            name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"]), .brew(["libnghttp2"])]),
        .systemLibrary(
            name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"]), .brew(["protobuf-c"])]),

        // Floor 1: sans-I/O C.
        .target(name: "CGRPCSession", dependencies: ["CNghttp2"], linkerSettings: [.linkedLibrary("nghttp2")]),
        .target(name: "CEtcdMessages", dependencies: ["CProtobufC"], linkerSettings: [.linkedLibrary("protobuf-c")]),
    ]
)
