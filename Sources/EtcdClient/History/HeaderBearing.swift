//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// An answer that says which store it is of.
protocol HeaderBearing {
    var header: ResponseHeader { get }
    /// Whether a read that asks for a leader sees all that was answered before it.
    static var readsAreLinearizable: Bool { get }
}

extension HeaderBearing {
    static var readsAreLinearizable: Bool { false }
}

extension RangeResponse: HeaderBearing {
    static var readsAreLinearizable: Bool { true }
}

extension PutResponse: HeaderBearing {}

extension DeleteRangeResponse: HeaderBearing {}

// One that reads may do so from one member alone, which its answer doesn't tell.
extension TransactionResponse: HeaderBearing {}

extension ResponseHeader: HeaderBearing {
    var header: ResponseHeader { self }
}
