#!/usr/bin/env bash
#
# This source file is part of the Keelson project.
#
# SPDX-FileCopyrightText: 2026 The Keelson Authors
# SPDX-License-Identifier: Apache-2.0
#
# CI/sanitize-thread.sh [TARGET...]: runs the client's tests under ThreadSanitizer, GRPCTransportTests and EtcdClientTests by default, built in
# .build-tsan. Fails on a test that fails and on a data race in any thread.

set -euo pipefail
cd "$(dirname "$0")/.."

# As in CI/test.sh, and fewer still: everything is several times slower here.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-4}

scratch=$PWD/.build-tsan
flags=(--package-path "${PACKAGE:-.}" --scratch-path "$scratch" --sanitize=thread)
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(GRPCTransportTests EtcdClientTests)

swift build "${flags[@]}" --build-tests >&2
preload=()
if [ "$(uname)" = Linux ]; then
    "${CC:-clang}" -O1 -fPIC -shared -Wall -Wextra -Werror CI/mutex_under_tsan.c -o "$scratch/mutex_under_tsan.so"
    preload=(LD_PRELOAD="$scratch/mutex_under_tsan.so")
fi
for target in "${targets[@]}"; do
    printf '\n==> %s under ThreadSanitizer\n' "$target"
    # The sanitizer's own exit code, when the tests themselves have passed.
    env "${preload[@]}" TSAN_OPTIONS="${TSAN_OPTIONS:-exitcode=66 history_size=4 suppressions=$PWD/CI/tsan_suppressions.txt}" \
        swift test "${flags[@]}" --skip-build --disable-xctest --filter "^$target\\."
done
