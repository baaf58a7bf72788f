//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Storage

/// An event of an object; see ``StoreEvent`` for why it has this name.
typealias ObjectEvent = WatchEvent
