//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import ArgumentParser

/// How often something is asked for, as kube-apiserver's flags write it: `30s`, `1m30s`; `0` for never.
struct PollInterval: ExpressibleByArgument, Equatable {
    let duration: Duration
    let defaultValueDescription: String

    static func seconds(_ count: Int) -> PollInterval { PollInterval(duration: .seconds(count), text: "\(count)s") }

    private init(duration: Duration, text: String) {
        self.duration = duration
        defaultValueDescription = text
    }

    init?(argument: String) {
        guard let duration = GoDuration.parse(argument), duration >= .zero else { return nil }
        self.init(duration: duration, text: argument)
    }
}
