#!/usr/bin/env bash
#
# This source file is part of the Keelson project.
#
# SPDX-FileCopyrightText: 2026 The Keelson Authors
# SPDX-License-Identifier: Apache-2.0
#
# CI/docs.sh: makes the documentation of the client's modules, below .build/docs. A link to what isn't there is a failure, and so is a public symbol
# of a module that none of the topics on its page names. CI/docs.sh --built takes the modules as the last debug build left them.
set -euo pipefail
cd "$(dirname "$0")/.."

modules=(GRPCTransport EtcdClient)
[ "${1:-}" = --built ] || swift build --target EtcdClient >&2
build=$(swift build --show-bin-path)
sdk=()
if [ "$(uname)" = Darwin ]; then sdk=(-sdk "$(xcrun --show-sdk-path)"); fi
target=$(swift -print-target-info | sed -n 's/^ *"triple": "\(.*\)",/\1/p' | head -n 1)

tool() { # NAME: one of the toolchain's, which needn't be on the PATH
    command -v "$1" || xcrun --find "$1" 2>/dev/null || printf '%s\n' "$(dirname "$(readlink -f "$(command -v swift)")")/$1"
}

# Where the modules are that the two import, in C and in Swift.
search=(-I "$build/Modules")
for map in "$build"/*.build/module.modulemap; do search+=(-Xcc "-fmodule-map-file=$map"); done
for folder in Sources/C* Sources/C*/include .build/checkouts/*/Sources/*/include; do [ ! -d "$folder" ] || search+=(-I "$folder"); done

status=0
for module in "${modules[@]}"; do
    symbols=.build/docs/$module.symbols
    archive=.build/docs/$module.doccarchive
    rm -rf "$symbols" "$archive"
    mkdir -p "$symbols"
    "$(tool swift-symbolgraph-extract)" -module-name "$module" -target "$target" ${sdk[@]+"${sdk[@]}"} "${search[@]}" -minimum-access-level public \
        -skip-synthesized-members -emit-extension-block-symbols -output-dir "$symbols"
    # Others than the exact symbols of the module come along: what it adds to other modules' types.
    "$(tool docc)" convert "Sources/$module/$module.docc" --additional-symbol-graph-dir "$symbols" --output-path "$archive" --ide-console-output \
        >"$symbols.log" 2>&1 || { cat "$symbols.log" >&2; exit 1; }
    # Parameters that are all alike are described once, and those that explain themselves aren't.
    if grep -E '(warning|error):' "$symbols.log" | grep -v 'is missing documentation' >&2; then status=1; fi
    page=$archive/data/documentation/$(printf '%s' "$module" | tr '[:upper:]' '[:lower:]').json
    if tr '{' '\n' <"$page" | grep '"generated":true' | grep -v '"title":"Extended Modules"' >&2; then
        printf 'docs: the symbols above are in no topic of Sources/%s/%s.docc/%s.md\n' "$module" "$module" "$module" >&2
        status=1
    fi
    [ $status -ne 0 ] || printf '%s\n' "$archive"
done
[ $status -eq 0 ] || printf 'docs: the above must be mended\n' >&2
exit $status
