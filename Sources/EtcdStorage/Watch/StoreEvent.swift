//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import EtcdClient

/// An event of etcd. `WatchEvent` is the name of two things here, and modules that hold a type of their own name can't tell them apart.
typealias StoreEvent = WatchEvent
