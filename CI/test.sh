#!/usr/bin/env bash
#
# This source file is part of the Keelson project.
#
# SPDX-FileCopyrightText: 2026 The Keelson Authors
# SPDX-License-Identifier: Apache-2.0
#
# Runs every check and test, one module after the other, and closes with "N passed, N failed". Fails if anything failed.
# CI/test.sh NAME... runs only the named test targets.
set -uo pipefail
cd "$(dirname "$0")/.."

# Dozens of etcds that start at once leave a machine of two cores no time for anything else, and deadlines pass.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-6}

passed=0
failed=0
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

say() { printf '\n==> %s\n' "$*"; }

check() { # NAME COMMAND...: counts as one test
    local name=$1
    shift
    say "$name"
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n' "$name"
    fi
}

attribute() { sed -n "s/.*<testsuite [^>]*$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1; }

unfinished() { # LOG: the tests that began and never ended, which is what one wants to know of a time-out
    awk '
        !/^◇ Test (case|run) / && match($0, /^◇ Test .* started\.$/) { name = $0; sub(/^◇ /, "", name); sub(/ started\.$/, "", name); running[name] = 1 }
        /^(✔|✘|➜) Test / { for (name in running) if (index($0, name " passed") || index($0, name " failed") || index($0, name " with ")) delete running[name] }
        END { for (name in running) print "never ended: " name }' "$1"
}

run_target() { # TARGET [PACKAGE-FOLDER]: a test target, in a process of its own
    local target=$1 package=${2:-.} report status=0 tests failures
    report=$results/$target.xml
    say "$target"
    timeout --kill-after=30 "${TEST_TARGET_TIMEOUT:-900}" \
        stdbuf -oL swift test --package-path "$package" --skip-build --disable-xctest --filter "^$target\\." --xunit-output "$report" 2>&1 |
        tee "$results/$target.log" | grep --line-buffered -vE '^(◇|✔)'
    status=${PIPESTATUS[0]}
    if [ "$status" -ne 0 ]; then unfinished "$results/$target.log"; fi
    [ -e "$report" ] || report=${report%.xml}-swift-testing.xml
    tests=0 failures=0
    if [ -e "$report" ]; then
        tests=$(attribute tests "$report")
        failures=$(attribute failures "$report")
    fi
    # A crash, a time-out or a target without tests leaves no report, or one that claims no failure.
    if [ "$status" -ne 0 ] && [ "${failures:-0}" -eq 0 ]; then
        printf 'FAILED: %s ended with status %s\n' "$target" "$status"
        failures=1
        tests=$((${tests:-0} + 1))
    elif [ "${tests:-0}" -eq 0 ]; then
        printf 'FAILED: %s ran no test\n' "$target"
        tests=1 failures=1
    fi
    printf '%s: %s passed, %s failed\n' "$target" "$((tests - failures))" "$failures" >&2
    passed=$((passed + tests - failures))
    failed=$((failed + failures))
}

build() { # [PACKAGE-FOLDER]
    say "Build${1:+ of $1}"
    if ! PACKAGE=${1:-} CI/build.sh debug; then
        printf '\n%s passed, %s failed\n' "$passed" "$((failed + 1))"
        exit 1
    fi
}

# A package of its own, so that the libraries' users don't need the gRPC C core.
run_interop() {
    build InteropTests
    run_target InteropTests InteropTests
}

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    check "Formatting" CI/format.sh --lint
    check "Generated messages are up to date" CI/protos.sh --check
fi
if [ "${targets[*]}" != InteropTests ]; then build; fi
if [ ${#targets[@]} -eq 0 ]; then
    check "C core under ASan and UBSan" CI/sanitize-c.sh
    check "Documentation" CI/docs.sh --built
    for folder in Tests/*Tests; do targets+=("${folder#Tests/}"); done
    targets+=(InteropTests)
fi
for target in "${targets[@]}"; do
    if [ "$target" = InteropTests ]; then run_interop; else run_target "$target"; fi
done

printf '\n%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
