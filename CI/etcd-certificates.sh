#!/usr/bin/env bash
#
# This source file is part of the Keelson project.
#
# SPDX-FileCopyrightText: 2026 The Keelson Authors
# SPDX-License-Identifier: Apache-2.0
#
# Makes a certificate authority, a server certificate for loopback names and a client certificate, for the etcds of docker-compose.yml.
# CI/etcd-certificates.sh [FOLDER]; what is there already is kept.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:-.keelson/etcd-pki}
mkdir -p "$folder"
cd "$folder"

quietly() { # openssl reports progress on stderr; it is shown only when it fails
    local output
    output=$("$@" 2>&1) || {
        printf '%s\n' "$output" >&2
        exit 1
    }
}

new_key() { quietly openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

if [ ! -e ca.crt ]; then
    new_key ca.key
    quietly openssl req -x509 -new -key ca.key -sha256 -days 3650 -subj /CN=keelson-test-ca -out ca.crt
fi

issue() { # NAME EXTENSIONS
    [ ! -e "$1.crt" ] || return 0
    new_key "$1.key"
    quietly openssl req -new -key "$1.key" -subj "/CN=keelson-test-$1" -out "$1.csr"
    printf '%s\n' "$2" >"$1.ext"
    quietly openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -sha256 -days 825 -extfile "$1.ext" -out "$1.crt"
    rm -f "$1.csr" "$1.ext"
}

# etcd's gateway dials its own client port, so the server certificate must do for a client too.
issue server 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1
extendedKeyUsage=serverAuth,clientAuth'
issue client 'extendedKeyUsage=clientAuth'
# The containers read the keys as another user.
chmod 644 ./*.key
