//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics

/// Counts how changed configurations fared, under upstream's name.
struct ReloadMetrics: Sendable {
    private let successes: Counter
    private let failures: Counter

    init(factory: any MetricsFactory) {
        func counter(_ status: String) -> Counter {
            Counter(
                label: "apiserver_encryption_config_controller_automatic_reloads_total", dimensions: [("status", status)], factory: factory)
        }
        successes = counter("success")
        failures = counter("failure")
    }

    func reloaded(isSuccess: Bool) { (isSuccess ? successes : failures).increment() }
}
