//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

@testable import EtcdClient

/// What servers say on watch streams, in any order and across breaks: no consumer may get a revision twice, in parts, out of order, or none of its
/// business. The input is steps of ``WatchReassembly``.
@_cdecl("LLVMFuzzerTestOneInput")
public func reassembleWatches(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let violation = WatchReassembly.violation(UnsafeRawBufferPointer(start: bytes, count: count)) { fatalError(violation) }
    return 0
}
