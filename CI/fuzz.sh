#!/usr/bin/env bash
#
# This source file is part of the Keelson project.
#
# SPDX-FileCopyrightText: 2026 The Keelson Authors
# SPDX-License-Identifier: Apache-2.0
#
# CI/fuzz.sh [TARGET...]: runs the fuzzers, all of them by default, each for FUZZ_SECONDS (10):
#   session  bytes from the server into the C session, under ASan and UBSan
#   decode   the Swift reader of etcd's messages against protobuf-c, under ASan
#   watch    messages of a watch, whole and in pieces, across breaks: what the consumer must and must not get
# Each starts from Fuzz/Seeds and from what earlier runs found in .build-fuzz/corpus. An input that breaks something is left in
# .build-fuzz/findings; CI/fuzz.sh prints how to run it again.

set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$PWD/.build-fuzz
seconds=${FUZZ_SECONDS:-10}
cc=${CC:-clang}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0}
# The sanitizer reports a trap; Swift's own report would come in its way.
export SWIFT_BACKTRACE=enable=no
mkdir -p "$scratch/findings" "$scratch/bin"

run() { # TARGET PROGRAM LONGEST-INPUT
    local corpus=$scratch/corpus/$1
    mkdir -p "$corpus"
    printf '\n==> %s: %s s\n' "$1" "$seconds"
    nice "$2" -max_total_time="$seconds" -max_len="$3" -rss_limit_mb=2048 -timeout=20 -verbosity=0 -print_final_stats=1 \
        -artifact_prefix="$scratch/findings/$1-" "$corpus" "${@:4}" || {
        printf 'FAILED: %s: run it again by: %s INPUT, with INPUT from %s\n' "$1" "$2" "$scratch/findings"
        exit 1
    }
}

fuzz_session() {
    local linker=() nghttp2 seeds=$scratch/seeds
    # The toolchain's default linker may lack the sanitizers' symbols.
    if echo 'int main(void) { return 0; }' | "$cc" -fuse-ld=lld -x c - -o "$scratch/bin/probe" 2>/dev/null; then linker=(-fuse-ld=lld); fi
    local flags=(-std=c11 -g -O1 -Wall -Wextra -Werror -fno-omit-frame-pointer -fno-sanitize-recover=undefined "${linker[@]}")
    local sources=(-ISources/CGRPCSession/include -ITests/CGRPCSessionTestSupport/include Sources/CGRPCSession/*.c Tests/CGRPCSessionTestSupport/*.c)
    read -ra nghttp2 <<<"$(pkg-config --cflags --libs libnghttp2)"
    "$cc" "${flags[@]}" -fsanitize=address,undefined "${sources[@]}" Fuzz/replay_driver.c "${nghttp2[@]}" -o "$scratch/bin/replay"
    "$scratch/bin/replay" "$scratch/exchange" >/dev/null
    rm -rf "$seeds"
    mkdir "$seeds"
    local mode
    for mode in '\x00\x00' '\x01\x01' '\x39\x07' '\x84\x0d' '\x6a\x2f'; do
        { printf "$mode"; cat "$scratch/exchange"; } >"$seeds/exchange${mode//\\/-}"
    done
    "$cc" "${flags[@]}" -fsanitize=fuzzer,address,undefined "${sources[@]}" Fuzz/session_fuzzer.c "${nghttp2[@]}" -o "$scratch/bin/fuzz-session"
    run session "$scratch/bin/fuzz-session" 8192 "$seeds" Fuzz/Seeds/session
}

fuzz_swift() { # TARGET LONGEST-INPUT SEEDS
    local linker=() flags
    if [ "$(uname)" = Linux ]; then linker=(-Xswiftc -use-ld=lld); fi
    flags=(--package-path Fuzz --scratch-path "$scratch/swift" --sanitize=address --sanitize=fuzzer -Xswiftc -sanitize=fuzzer -Xswiftc -O "${linker[@]}" --product "fuzz-$1")
    swift build "${flags[@]}" >&2
    run "$1" "$(swift build "${flags[@]}" --show-bin-path)/fuzz-$1" "$2" "$3"
}

targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(session decode watch)
for target in "${targets[@]}"; do
    case $target in
    session) fuzz_session ;;
    decode) fuzz_swift decode 4096 Fuzz/Seeds/decode ;;
    watch) fuzz_swift watch 4096 Fuzz/Seeds/watch ;;
    *)
        printf 'CI/fuzz.sh: %s is no fuzzer; choose among session, decode and watch\n' "$target" >&2
        exit 2
        ;;
    esac
done
