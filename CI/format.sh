#!/usr/bin/env bash
#
# This source file is part of the Keelson project.
#
# SPDX-FileCopyrightText: 2026 The Keelson Authors
# SPDX-License-Identifier: Apache-2.0
#
# CI/format.sh formats the Swift sources; with --lint it only checks them.
set -euo pipefail
cd "$(dirname "$0")/.."

sources=()
for place in Package.swift Sources Tests Examples Benchmarks Fuzz InteropTests; do [ ! -e "$place" ] || sources+=("$place"); done
if [ "${1:-}" = --lint ]; then
    swift format lint --strict --parallel --recursive "${sources[@]}"
else
    swift format --in-place --parallel --recursive "${sources[@]}"
fi
