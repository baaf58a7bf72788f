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
    // What a program does that means to be quick: its own functions cause no change of executors between the calls that are measured.
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

extension Target.Dependency {
    static let logging: Self = .product(name: "Logging", package: "swift-log")

    /// A library of the main package.
    static func keelson(_ name: String) -> Self { .product(name: name, package: "keelson") }
}

let package = Package(
    name: "keelson-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "keelson", path: ".."),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
    ],
    targets: [
        // The least that a client can cost: C on nghttp2 and OpenSSL, nothing else.
        .systemLibrary(
            name: "CNghttp2Floor", path: "CNghttp2Floor", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"]), .brew(["libnghttp2"])]),
        .target(
            name: "EtcdFloor", dependencies: ["CNghttp2Floor"], path: "EtcdFloor", cSettings: [.define("_GNU_SOURCE", .when(platforms: [.linux]))],
            linkerSettings: [.linkedLibrary("nghttp2"), .linkedLibrary("ssl"), .linkedLibrary("crypto")]),
        // The gRPC C core under the same commands. Linked by name: Debian's pkg-config flags for it are more than a command line takes.
        .executableTarget(
            name: "bench-libgrpc", dependencies: ["EtcdFloor"], path: "EtcdGRPCCore", linkerSettings: [.linkedLibrary("grpc"), .linkedLibrary("gpr")]),

        .target(
            name: "BenchmarkMeasurement", dependencies: [.keelson("EtcdClient"), .keelson("GRPCTransport"), .logging], path: "BenchmarkMeasurement",
            swiftSettings: strict),
        .target(
            name: "BenchmarkSupport",
            dependencies: ["BenchmarkMeasurement", "EtcdFloor", .keelson("EtcdClient"), .keelson("EtcdTestKit"), .keelson("GRPCTransport")],
            path: "BenchmarkSupport", swiftSettings: strict),
        .executableTarget(
            name: "bench-client",
            dependencies: ["BenchmarkSupport", .keelson("EtcdClient"), .keelson("EtcdTestKit")],
            path: "EtcdClient", swiftSettings: strict),
        // What the one above measures of ours, as bench-libgrpc is of the gRPC C core.
        .executableTarget(
            name: "bench-ours", dependencies: ["BenchmarkMeasurement", .keelson("EtcdClient"), .keelson("GRPCTransport")],
            path: "EtcdClientProcess", swiftSettings: strict),
        .executableTarget(
            name: "bench-storage",
            dependencies: [
                "BenchmarkSupport", .keelson("APIMachinery"), .keelson("EtcdClient"), .keelson("EtcdStorage"), .keelson("EtcdTestKit"),
                .keelson("Storage"), .logging,
            ],
            path: "EtcdStorage", swiftSettings: strict),
        .executableTarget(
            name: "bench-cacher",
            dependencies: [
                "BenchmarkSupport", .keelson("APIMachinery"), .keelson("CacherStorage"), .keelson("EtcdClient"), .keelson("EtcdStorage"),
                .keelson("EtcdTestKit"), .keelson("Storage"), .logging,
            ],
            path: "CacherStorage", swiftSettings: strict),
    ],
    cLanguageStandard: .c11
)
