//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics

/// What is counted, under upstream's names. Looked up on each use, because a metrics backend may be installed late; all of it is rare.
enum EncryptionMetrics {
    static func cacheMiss() { Counter(label: "apiserver_storage_envelope_transformation_cache_misses_total").increment() }

    static func dataKeyFailure() { Counter(label: "apiserver_storage_data_key_generation_failures_total").increment() }

    static func reloaded(isSuccess: Bool) {
        Counter(
            label: "apiserver_encryption_config_controller_automatic_reloads_total", dimensions: [("status", isSuccess ? "success" : "failure")]
        ).increment()
    }
}
