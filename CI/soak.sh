#!/usr/bin/env bash
#
# This source file is part of the Keelson project.
#
# SPDX-FileCopyrightText: 2026 The Keelson Authors
# SPDX-License-Identifier: Apache-2.0
#
# Runs the scenarios of Documentation/scenarios.md in their long form and closes with "N passed, N failed".
# SOAK_SECONDS is how long each goes on, KEELSON_SEED repeats the random choices of an earlier run.
# CI/soak.sh NAME... runs only the named test targets.
set -euo pipefail
cd "$(dirname "$0")/.."

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    # Those that have a long form.
    while IFS= read -r target; do targets+=("$target"); done < <(grep -rl 'Soak\.' Tests/*Tests | cut -d / -f 2 | sort -u)
fi
export KEELSON_SOAK_SECONDS=${SOAK_SECONDS:-600}
export KEELSON_SEED=${KEELSON_SEED:-$(od -A n -N 6 -t u8 /dev/urandom | tr -d ' ')}
# Swift Testing would keep a backtrace of every error thrown, and memory would grow with them.
export SWT_SWIFT_ERROR_BACKTRACING_ENABLED=0
export TEST_TARGET_TIMEOUT=${TEST_TARGET_TIMEOUT:-$((KEELSON_SOAK_SECONDS * 200 + 3600))}
printf '==> %s: %s s a scenario, KEELSON_SEED=%s\n' "${targets[*]}" "$KEELSON_SOAK_SECONDS" "$KEELSON_SEED"
exec CI/test.sh "${targets[@]}"
