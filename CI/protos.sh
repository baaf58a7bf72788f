#!/usr/bin/env bash
#
# This source file is part of the Keelson project.
#
# SPDX-FileCopyrightText: 2026 The Keelson Authors
# SPDX-License-Identifier: Apache-2.0
#
# Generates Sources/CEtcdMessages from Protos/.
#
#   CI/protos.sh           write the generated C
#   CI/protos.sh --check   fail when the committed C isn't what Protos/ gives

set -euo pipefail
cd "$(dirname "$0")/.."

readonly target=Sources/CEtcdMessages

case "${1:-}" in
"" | --check) ;;
*)
    echo "protos.sh: unknown argument '$1'; the only one is --check" >&2
    exit 2
    ;;
esac

if ! command -v protoc-c >/dev/null; then
    echo "protos.sh: protoc-c is missing; install protobuf-c-compiler (Debian, Ubuntu) or protobuf-c (Homebrew)" >&2
    exit 1
fi

# The files that describe services alone are checked, but no code is wanted of them.
messages=$(cd Protos && find . -name '*.proto' ! -name rpc.proto | sed 's|^\./||' | LC_ALL=C sort)
services=$(cd Protos && find . -name rpc.proto | sed 's|^\./||' | LC_ALL=C sort)

generated=$(mktemp -d)
trap 'rm -rf "$generated"' EXIT
# Unquoted on purpose: one argument a file.
# shellcheck disable=SC2086
protoc-c --proto_path=Protos --c_out="$generated" $messages
# shellcheck disable=SC2086
protoc-c --proto_path=Protos --descriptor_set_out=/dev/null $services

# The generator writes its version, such as 1004001, into every header.
version_in() {
    sed -n 's/^#elif \([0-9]*\) < PROTOBUF_C_MIN_COMPILER_VERSION$/\1/p' "$1" | head -n 1
}

# Prints the paths of generated files below a folder, relative to it.
files_in() {
    (cd "$1" && find . -name '*.pb-c.[ch]' | sed 's|^\./||' | LC_ALL=C sort)
}

if [ "${1:-}" = --check ]; then
    header=etcdserverpb/header.pb-c.h
    committed=$(version_in "$target/include/$header")
    installed=$(version_in "$generated/$header")
    if [ "$committed" != "$installed" ]; then
        echo "protos.sh: skipped: the committed C is of protoc-c $committed, this machine has $installed; Protos/ itself compiles"
        exit 0
    fi
    stale=0
    for file in $(files_in "$generated"); do
        case "$file" in
        *.h) ours="$target/include/$file" ;;
        *) ours="$target/$file" ;;
        esac
        diff -u "$ours" "$generated/$file" || stale=1
    done
    for file in $(files_in "$target"); do
        if [ ! -e "$generated/${file#include/}" ]; then
            echo "protos.sh: $target/$file belongs to no file in Protos/" >&2
            stale=1
        fi
    done
    if [ "$stale" -ne 0 ]; then
        echo "protos.sh: $target is stale; run CI/protos.sh and commit what it writes" >&2
        exit 1
    fi
    echo "protos.sh: $target matches Protos/"
    exit 0
fi

find "$target" -name '*.pb-c.[ch]' -delete
for file in $(files_in "$generated"); do
    case "$file" in
    *.h) ours="$target/include/$file" ;;
    *) ours="$target/$file" ;;
    esac
    mkdir -p "$(dirname "$ours")"
    cp "$generated/$file" "$ours"
done
echo "protos.sh: wrote $target"
