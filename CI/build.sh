#!/usr/bin/env bash
#
# This source file is part of the Keelson project.
#
# SPDX-FileCopyrightText: 2026 The Keelson Authors
# SPDX-License-Identifier: Apache-2.0
#
# CI/build.sh debug|release [PRODUCT]: builds with visible progress. A warning in our own sources is a failure.
# PACKAGE=FOLDER builds the package in that folder.
set -euo pipefail
cd "$(dirname "$0")/.."

configuration=${1:?usage: CI/build.sh debug|release [PRODUCT]}
product=${2:-}
package=${PACKAGE:-.}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

if [ -n "$product" ]; then arguments=(--product "$product"); else arguments=(--build-tests); fi
printf '==> Building %s (%s); the first build compiles the dependencies and takes some minutes\n' "${product:-all tests${PACKAGE:+ of $PACKAGE}}" "$configuration" >&2
if ! swift build --package-path "$package" -c "$configuration" "${arguments[@]}" 2>&1 | tee "$log" |
    grep --line-buffered -E '^\[|error:|warning:|Compiling|Build complete' | grep --line-buffered -v "^warning: '" >&2; then
    grep -qE '^Build complete|Compiling|Build of' "$log" || cat "$log" >&2
fi
grep -qE '^Build( of product .*)? complete' "$log" || {
    printf 'build: failed; the errors are above\n' >&2
    exit 1
}
own=$(grep -E '(^|/)(Sources|Tests|Examples|Benchmarks)/[^ ]*: warning:' "$log" | grep -v '/\.build/' | sort -u || true)
if [ -n "$own" ]; then
    printf 'build: warnings are not accepted:\n%s\n' "$own" >&2
    exit 1
fi
