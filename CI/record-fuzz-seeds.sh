#!/usr/bin/env bash
#
# This source file is part of the Keelson project.
#
# SPDX-FileCopyrightText: 2026 The Keelson Authors
# SPDX-License-Identifier: Apache-2.0
#
# Records seeds for the fuzzers in Fuzz/Seeds from a real etcd, by its plaintext and its TLS port, which are served by different HTTP/2 servers:
# answers, errors, a watch, and the GOAWAY of a server that stops. Run it again when the session fuzzer's calls change.

set -euo pipefail
cd "$(dirname "$0")/.."

cc=${CC:-clang}
out=$(mktemp -d)
etcd_pid=
trap '[ -z "$etcd_pid" ] || kill "$etcd_pid" 2>/dev/null || true; rm -rf "$out"' EXIT

read -ra libraries <<<"$(pkg-config --cflags --libs libnghttp2 libprotobuf-c openssl)"
"$cc" -std=c11 -g -O1 -Wall -Wextra -Werror -D_GNU_SOURCE -ISources/CGRPCSession/include -ISources/CEtcdMessages/include \
    Sources/CGRPCSession/*.c Sources/CEtcdMessages/*.c Sources/CEtcdMessages/*/*.c Fuzz/record_seeds.c "${libraries[@]}" -o "$out/record"
CI/etcd-certificates.sh "$out/certificates"
rm -rf Fuzz/Seeds
mkdir -p Fuzz/Seeds/session Fuzz/Seeds/decode Fuzz/Seeds/watch

record() { # NAME SCHEME PORT
    local name=$1 url=$2://127.0.0.1:$3 peer=http://127.0.0.1:$(($3 + 1)) certificates=$out/certificates server=() client=() control=()
    if [ "$2" = https ]; then
        server=(--client-cert-auth --trusted-ca-file="$certificates/ca.crt" --cert-file="$certificates/server.crt" --key-file="$certificates/server.key")
        client=("$certificates/ca.crt" "$certificates/client.crt" "$certificates/client.key")
        control=(--cacert="${client[0]}" --cert="${client[1]}" --key="${client[2]}")
    fi
    etcd --data-dir "$out/$name" --log-level error --listen-client-urls "$url" --advertise-client-urls "$url" --listen-peer-urls "$peer" \
        --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" "${server[@]}" 2>"$out/log" &
    etcd_pid=$!
    etcdctl() { command etcdctl --endpoints="$url" "${control[@]}" "$@" >/dev/null 2>&1; }
    local tries=0
    until etcdctl put /seed/a first; do
        tries=$((tries + 1))
        [ $tries -lt 60 ] || { cat "$out/log" >&2; exit 1; }
        sleep 0.5
    done
    etcdctl put /seed/a second
    etcdctl put /seed/b "$(printf '%0300d' 0)"
    etcdctl put /seed/c third
    etcdctl put /seed/d fourth
    etcdctl del /seed/a
    etcdctl compact 3
    coproc RECORD { "$out/record" Fuzz/Seeds "$name" "$3" "${client[@]}"; }
    local recorder=$RECORD_PID line
    read -r line <&"${RECORD[0]}"
    [ "$line" = ready ]
    kill "$etcd_pid"
    wait "$recorder"
    wait "$etcd_pid" || true
    etcd_pid=
}

record plain http 24790
record tls https 24792

# Two ways in which a client may read the same bytes: all at once, and piecemeal while it does other things.
for seed in plain tls; do
    { printf '\x3d\x11'; tail -c +3 "Fuzz/Seeds/session/$seed"; } >"Fuzz/Seeds/session/$seed-pieces"
    { printf '\x0c\x00'; tail -c +3 "Fuzz/Seeds/session/$seed"; } >"Fuzz/Seeds/session/$seed-taken"
done
# The watches' messages again after a break, with a second watch and a store that went back between.
for kind in shared own; do
    for seed in plain tls; do
        { cat "Fuzz/Seeds/watch/$seed-$kind"; printf '\x03\x03\x0b\x02\x04\x02\x07\x01'; cat "Fuzz/Seeds/watch/$seed-$kind"; } \
            >"Fuzz/Seeds/watch/$seed-$kind-twice"
    done
done
du -sh Fuzz/Seeds
