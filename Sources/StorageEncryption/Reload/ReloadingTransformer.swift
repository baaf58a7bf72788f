//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Storage

/// Stores the values of a resource as the configuration of now has it.
struct ReloadingTransformer: ValueTransformer {
    let resource: GroupResource
    let current: CurrentTransformers

    func transformFromStorage(_ stored: [UInt8], authenticatedData: [UInt8]) async throws -> TransformedValue {
        try await current.transformers.transformer(for: resource).transformFromStorage(stored, authenticatedData: authenticatedData)
    }

    func transformToStorage(_ bytes: [UInt8], authenticatedData: [UInt8]) async throws -> [UInt8] {
        try await current.transformers.transformer(for: resource).transformToStorage(bytes, authenticatedData: authenticatedData)
    }
}
