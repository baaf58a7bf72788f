//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

@testable import EtcdClient

/// The client's reader of messages against protobuf-c: both take or refuse the bytes, and make the same of them. The first byte names the message.
@_cdecl("LLVMFuzzerTestOneInput")
public func compareReadings(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: bytes, count: count)
    guard let kind = input.first, Int(kind) < WireComparison.all.count else { return 0 }
    let comparison = WireComparison.all[Int(kind)]
    if let difference = comparison.difference(Array(input.dropFirst())) { fatalError("\(comparison.name): \(difference)") }
    return 0
}
