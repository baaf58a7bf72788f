#!/usr/bin/env bash
#
# This source file is part of the Keelson project.
#
# SPDX-FileCopyrightText: 2026 The Keelson Authors
# SPDX-License-Identifier: Apache-2.0
#
# Builds the C modules with AddressSanitizer and UndefinedBehaviorSanitizer, replays the recorded exchange at every cut and with every
# allocation failing, and fuzzes the session. FUZZ_SECONDS sets how long (default 10).

set -euo pipefail
cd "$(dirname "$0")/.."

cc=${CC:-clang}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0}

# The toolchain's default linker may lack the sanitizers' symbols.
linker=()
if echo 'int main(void) { return 0; }' | "$cc" -fuse-ld=lld -x c - -o "$out/probe" 2>/dev/null; then linker=(-fuse-ld=lld); fi

flags=(-std=c11 -g -O1 -Wall -Wextra -Werror -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
read -ra nghttp2 <<<"$(pkg-config --cflags --libs libnghttp2)"
session=(-ISources/CGRPCSession/include -ITests/CGRPCSessionTestSupport/include Sources/CGRPCSession/*.c Tests/CGRPCSessionTestSupport/*.c)

"$cc" "${flags[@]}" "${linker[@]}" -fsanitize=address,undefined "${session[@]}" Fuzz/replay_driver.c "${nghttp2[@]}" -o "$out/replay"
"$out/replay"

CI/fuzz.sh session

if [ -f Sources/CEtcdMessages/arena.c ] && [ -f Fuzz/arena_driver.c ]; then
    read -ra protobuf <<<"$(pkg-config --cflags --libs libprotobuf-c)"
    "$cc" "${flags[@]}" "${linker[@]}" -fsanitize=address,undefined -ISources/CEtcdMessages/include Sources/CEtcdMessages/*.c \
        Fuzz/arena_driver.c "${protobuf[@]}" -o "$out/arena"
    "$out/arena"
fi
