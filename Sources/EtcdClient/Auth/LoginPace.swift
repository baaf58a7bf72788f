//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// How often something that is refused for its token is tried with another, and when.
///
/// A member that lags behind, or that is slow to apply what the cluster has agreed on, doesn't know a new token yet. So whoever was refused logs in first
/// and waits then, each time for longer. A user's rights may be changing meanwhile as well, but a fresh token isn't refused for ever.
enum LoginPace {
    /// How long to wait after each login before the token is used.
    static let pauses: [Duration] = [.zero, .milliseconds(100), .milliseconds(400), .milliseconds(1600)]
}
