//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef KEELSON_CETCDMESSAGES_H
#define KEELSON_CETCDMESSAGES_H

#include "arena.h"

#include "authpb/auth.pb-c.h"
#include "etcdserverpb/auth.pb-c.h"
#include "etcdserverpb/cluster.pb-c.h"
#include "etcdserverpb/header.pb-c.h"
#include "etcdserverpb/kv.pb-c.h"
#include "etcdserverpb/lease.pb-c.h"
#include "etcdserverpb/maintenance.pb-c.h"
#include "etcdserverpb/watch.pb-c.h"
#include "grpc/health/v1/health.pb-c.h"
#include "mvccpb/kv.pb-c.h"
#include "v3electionpb/election.pb-c.h"
#include "v3lockpb/lock.pb-c.h"

#endif
