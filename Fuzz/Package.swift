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

// The fuzzers that are written in Swift. A package of its own: all of it is built with libFuzzer's instrumentation, by CI/fuzz.sh. The fuzzer of the
// session is C and needs no package. libFuzzer brings the main function.
let fuzzer = strict + [.unsafeFlags(["-parse-as-library"])]

let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "keelson", path: "..")],
    targets: [
        .executableTarget(
            name: "fuzz-decode", dependencies: [.product(name: "EtcdClient", package: "keelson")], path: "DecodeFuzzer", swiftSettings: fuzzer),
        .executableTarget(
            name: "fuzz-watch", dependencies: [.product(name: "EtcdClient", package: "keelson")], path: "WatchFuzzer", swiftSettings: fuzzer),
    ]
)
