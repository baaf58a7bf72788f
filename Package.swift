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

extension Target.Dependency {
    static let argumentParser: Self = .product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asn1: Self = .product(name: "SwiftASN1", package: "swift-asn1")
    static let crypto: Self = .product(name: "Crypto", package: "swift-crypto")
    static let cryptoExtras: Self = .product(name: "CryptoExtras", package: "swift-crypto")
    static let httpTypes: Self = .product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbirdCore: Self = .product(name: "HummingbirdCore", package: "hummingbird")
    static let hummingbirdHTTP2: Self = .product(name: "HummingbirdHTTP2", package: "hummingbird")
    static let inMemoryTracing: Self = .product(name: "InMemoryTracing", package: "swift-distributed-tracing")
    static let logging: Self = .product(name: "Logging", package: "swift-log")
    static let metrics: Self = .product(name: "Metrics", package: "swift-metrics")
    static let metricsTestKit: Self = .product(name: "MetricsTestKit", package: "swift-metrics")
    static let nioCore: Self = .product(name: "NIOCore", package: "swift-nio")
    static let nioPosix: Self = .product(name: "NIOPosix", package: "swift-nio")
    static let nioSSL: Self = .product(name: "NIOSSL", package: "swift-nio-ssl")
    static let nioTLS: Self = .product(name: "NIOTLS", package: "swift-nio")
    static let serviceLifecycle: Self = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let subprocess: Self = .product(name: "Subprocess", package: "swift-subprocess")
    static let system: Self = .product(name: "SystemPackage", package: "swift-system")
    static let tracing: Self = .product(name: "Tracing", package: "swift-distributed-tracing")
    static let x509: Self = .product(name: "X509", package: "swift-certificates")
    static let yams: Self = .product(name: "Yams", package: "Yams")
}

extension Target {
    /// A module of ours: the house rules are switched on for every one.
    static func module(_ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil) -> Target {
        .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
    }

    /// A module whose asynchronous functions stay on the executor that they are called on: each change of executors, even to the same one, costs as
    /// much as a small allocation, which on the way of every call adds up.
    static func callPath(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
        .target(name: name, dependencies: dependencies, swiftSettings: strict + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")])
    }

    /// The tests of a module.
    static func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
        .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
    }
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
        .library(name: "StorageEncryption", targets: ["StorageEncryption"]),
        .library(name: "KMSPlugin", targets: ["KMSPlugin"]),
        .library(name: "CacherStorage", targets: ["CacherStorage"]),
        .library(name: "Registry", targets: ["Registry"]),
        .library(name: "KubernetesResources", targets: ["KubernetesResources"]),
        .library(name: "APIServer", targets: ["APIServer"]),
        .library(name: "EtcdTestKit", targets: ["EtcdTestKit"]),
        .library(name: "StorageTestKit", targets: ["StorageTestKit"]),
        .executable(name: "keelson", targets: ["keelson"]),
    ],
    traits: [
        .trait(name: "Secretbox", description: "Encryption at rest by secretbox too; needs libsodium (libsodium-dev, or libsodium of Homebrew).")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.10.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.0", traits: []),
    ],
    targets: [
        // Floor 0: system libraries.
        .systemLibrary(
            name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"]), .brew(["libnghttp2"])]),
        .systemLibrary(
            name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"]), .brew(["protobuf-c"])]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]),

        // Floor 1: C without I/O.
        .target(name: "CGRPCSession", dependencies: ["CNghttp2"], linkerSettings: [.linkedLibrary("nghttp2")]),
        .target(name: "CEtcdMessages", dependencies: ["CProtobufC"], linkerSettings: [.linkedLibrary("protobuf-c")]),

        // Floors 2 and 3: the etcd client.
        .callPath("GRPCTransport", ["CGRPCSession", .logging, .metrics, .nioCore, .nioPosix, .nioSSL, .nioTLS, .serviceLifecycle]),
        .callPath("EtcdClient", ["CEtcdMessages", "GRPCTransport", .crypto, .logging, .metrics, .nioCore, .serviceLifecycle, .tracing]),

        // Floors 4 to 6: objects and their storage.
        .module("APIMachinery"),
        .module("Storage", ["APIMachinery"]),
        .module("EtcdStorage", ["APIMachinery", "EtcdClient", "GRPCTransport", "Storage", .logging, .metrics, .serviceLifecycle]),
        .module(
            "StorageEncryption",
            [
                "APIMachinery", "Storage", .target(name: "CSodium", condition: .when(traits: ["Secretbox"])),
                .crypto, .cryptoExtras, .logging, .metrics, .serviceLifecycle, .system, .yams,
            ]),
        .module("CacherStorage", ["APIMachinery", "Storage", .logging, .serviceLifecycle]),

        // Floors 7 and 8: resources and their serving, and the key management plugin.
        .module("KMSPlugin", ["APIMachinery", "GRPCTransport", "StorageEncryption", .logging, .nioCore, .serviceLifecycle]),
        .module("Registry", ["APIMachinery", "CacherStorage", "Storage", .logging, .serviceLifecycle]),
        .module("KubernetesResources", ["APIMachinery", "Registry", "Storage", .logging, .serviceLifecycle]),
        .module(
            "APIServer",
            [
                "APIMachinery", "Registry", "Storage", .crypto, .httpTypes, .hummingbirdCore, .hummingbirdHTTP2, .logging, .nioCore, .nioPosix,
                .nioSSL, .serviceLifecycle, .yams,
            ]),

        // Floor 9: the server.
        .executableTarget(
            name: "keelson",
            dependencies: [
                "APIMachinery", "APIServer", "CacherStorage", "EtcdClient", "EtcdStorage", "GRPCTransport", "KMSPlugin", "KubernetesResources",
                "Registry", "Storage", "StorageEncryption",
                .argumentParser, .asn1, .crypto, .logging, .metrics, .serviceLifecycle, .subprocess, .system, .x509,
            ],
            swiftSettings: strict),

        // Small programs that show how.
        .executableTarget(
            name: "EtcdKeyValue", dependencies: ["EtcdClient", .logging], path: "Examples/EtcdKeyValue", swiftSettings: strict),
        .executableTarget(name: "EtcdSnapshot", dependencies: ["EtcdClient"], path: "Examples/EtcdSnapshot", swiftSettings: strict),
        .executableTarget(
            name: "CustomResource",
            dependencies: ["APIMachinery", "APIServer", "EtcdClient", "EtcdStorage", "Registry", .logging, .serviceLifecycle],
            path: "Examples/CustomResource", swiftSettings: strict),

        // What tests are made with.
        .module("EtcdTestKit", ["GRPCTransport"]),
        .module("StorageTestKit", ["APIMachinery", "Storage"]),
        .target(
            name: "CGRPCSessionTestSupport", dependencies: ["CGRPCSession", "CNghttp2"], path: "Tests/CGRPCSessionTestSupport",
            linkerSettings: [.linkedLibrary("nghttp2")]),
        .module("HistoryTesting", path: "Tests/HistoryTesting"),
        .module("LogRecording", [.logging], path: "Tests/LogRecording"),
        .module("TestWaiting", path: "Tests/TestWaiting"),
        .executableTarget(name: "LeaseHolder", dependencies: ["EtcdClient"], path: "Tests/LeaseHolder", swiftSettings: strict),

        .target(
            name: "GRPCTestSupport", dependencies: ["CGRPCSessionTestSupport", "EtcdTestKit", "GRPCTransport", .nioCore, .nioPosix, .nioSSL],
            path: "Tests/GRPCTestSupport",
            swiftSettings: strict),
        .target(
            name: "EtcdTestSupport",
            dependencies: ["CGRPCSessionTestSupport", "EtcdClient", "EtcdTestKit", "GRPCTestSupport", "GRPCTransport", "TestWaiting"],
            path: "Tests/EtcdTestSupport",
            swiftSettings: strict),
        .tests("CGRPCSessionTests", ["CGRPCSession", "CGRPCSessionTestSupport", "EtcdTestKit", "GRPCTestSupport"]),
        .tests("CEtcdMessagesTests", ["CEtcdMessages", "CProtobufC"]),
        .tests(
            "GRPCTransportTests",
            [
                "CGRPCSession", "CGRPCSessionTestSupport", "EtcdTestKit", "GRPCTransport", "GRPCTestSupport", "LogRecording", "TestWaiting",
                .logging, .metrics, .nioCore, .nioPosix, .nioSSL,
            ]),
        .tests("EtcdTestKitTests", ["EtcdTestKit"]),
        .tests("ScenarioTests", ["EtcdClient", "EtcdTestKit", "GRPCTransport", "HistoryTesting", "LeaseHolder", "TestWaiting", .logging]),
        .tests(
            "EtcdClientTests",
            [
                "CEtcdMessages", "CGRPCSessionTestSupport", "CProtobufC", "EtcdClient", "EtcdTestKit", "EtcdTestSupport", "GRPCTestSupport",
                "GRPCTransport", "LogRecording", "TestWaiting", .inMemoryTracing, .logging, .metrics, .metricsTestKit, .nioCore, .nioPosix,
                .tracing,
            ]),
        .tests("APIMachineryTests", ["APIMachinery", "StorageTestKit"]),
        .tests("SchemaTests", ["APIMachinery", "KubernetesResources"]),
        .tests("StorageTests", ["APIMachinery", "Storage"]),
        .tests(
            "EtcdStorageTests",
            [
                "APIMachinery", "EtcdClient", "EtcdStorage", "EtcdTestKit", "EtcdTestSupport", "GRPCTransport", "LogRecording", "Storage",
                "TestWaiting", .logging,
                .metrics,
                .metricsTestKit,
            ]),
        .tests(
            "StorageTestKitTests",
            [
                "APIMachinery", "CacherStorage", "EtcdClient", "EtcdStorage", "EtcdTestKit", "Storage", "StorageTestKit", .logging, .serviceLifecycle,
            ]),
        .tests(
            "StorageEncryptionTests",
            [
                "APIMachinery", "EtcdClient", "EtcdStorage", "EtcdTestKit", "LogRecording", "Storage", "StorageEncryption", "TestWaiting", .crypto,
                .logging, .metricsTestKit,
            ],
            resources: [.copy("Fixtures")]),
        .tests(
            "KMSPluginTests",
            [
                "APIMachinery", "CGRPCSession", "CGRPCSessionTestSupport", "EtcdClient", "EtcdStorage", "EtcdTestKit", "GRPCTransport", "KMSPlugin",
                "Storage", "StorageEncryption", "TestWaiting", .crypto, .logging, .nioCore, .nioPosix,
            ]),
        .tests(
            "CacherStorageTests",
            ["APIMachinery", "CacherStorage", "EtcdClient", "EtcdStorage", "EtcdTestKit", "Storage", .logging, .serviceLifecycle]),
        .tests(
            "RegistryTests",
            ["APIMachinery", "CacherStorage", "EtcdClient", "EtcdStorage", "EtcdTestKit", "Registry", "Storage", .logging, .serviceLifecycle]),
        .tests(
            "KubernetesResourcesTests",
            ["APIMachinery", "EtcdClient", "EtcdStorage", "EtcdTestKit", "KubernetesResources", "Registry", "Storage", .logging, .serviceLifecycle]),
        .tests(
            "APIServerTests",
            [
                "APIMachinery", "APIServer", "CacherStorage", "EtcdClient", "EtcdStorage", "EtcdTestKit", "KubernetesResources", "Registry",
                "Storage", "TestWaiting",
                .logging, .nioCore, .serviceLifecycle, .subprocess,
            ]),
        .tests("KeelsonTests", ["keelson", .argumentParser, .asn1, .metrics, .system, .x509, .yams]),
        .tests(
            "ReadmeTests",
            [
                "APIMachinery", "APIServer", "CacherStorage", "EtcdClient", "EtcdStorage", "EtcdTestKit", "GRPCTransport", "KMSPlugin",
                "KubernetesResources", "Registry", "Storage", "StorageEncryption", "StorageTestKit", "TestWaiting", .logging, .metricsTestKit,
                .nioCore, .serviceLifecycle,
            ]),
        .tests("KubectlTests", ["EtcdTestKit", "keelson", "TestWaiting", .subprocess, .system], resources: [.copy("Golden")]),
    ],
    cLanguageStandard: .c11
)
