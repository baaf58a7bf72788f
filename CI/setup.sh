#!/usr/bin/env bash
#
# This source file is part of the Keelson project.
#
# SPDX-FileCopyrightText: 2026 The Keelson Authors
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing and nothing else: CI/setup.sh run (to build and serve) or CI/setup.sh test (to run the tests too).
# Debian 12 and 13 by apt, macOS by Homebrew (best effort). Installed packages are never upgraded.
set -euo pipefail

purpose=${1:-run}
case $purpose in run | test) ;; *)
    echo "usage: CI/setup.sh run|test" >&2
    exit 2
    ;;
esac

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# at_least WANTED FOUND: is version FOUND new enough?
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

etcd_version() { etcd --version 2>/dev/null | sed -n 's/^etcd Version: *//p'; }
kubectl_version() { "${KUBECTL:-kubectl}" version --client 2>/dev/null | sed -n 's/^Client Version: *v//p' | sed 's/[-+].*//'; }

swift_is_new_enough() {
    have swift || fail "Swift 6.3 is missing. Install it from https://www.swift.org/install and put it on the PATH."
    local version
    version=$(swift --version 2>&1 | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -n 1) || true
    [ -n "$version" ] || fail "$(command -v swift) doesn't run: $(swift --version 2>&1 | head -n 1)"
    at_least 6.3 "$version" || fail "Swift $version is too old: 6.3 or newer is needed. See https://www.swift.org/install"
}

needs_etcd() { ! have etcd || ! at_least 3.5.0 "$(etcd_version)"; }
needs_etcdctl() { ! have etcdctl; }
needs_kubectl() { ! have "${KUBECTL:-kubectl}" || ! at_least 1.32.0 "$(kubectl_version)"; }

# ---- Debian ---------------------------------------------------------------------------------------------------------------------

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        fail "root is needed to run: $* (install sudo, or run this command as root and try again)"
    fi
}

apt_updated=no
apt_update() {
    if [ $apt_updated = no ]; then
        say "Refreshing the package lists"
        as_root apt-get update -qq || fail "apt-get update failed: check the network and the files below /etc/apt"
        apt_updated=yes
    fi
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

apt_install() { # packages that are not there yet
    local missing=()
    for package in "$@"; do is_installed "$package" || missing+=("$package"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    apt_update
    say "Installing ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends --no-upgrade "${missing[@]}" >/dev/null ||
        fail "could not install ${missing[*]}: run 'apt-get install ${missing[*]}' to see why"
}

# A server package must not start its own etcd beside ours while it is being installed.
without_starting_services() {
    local policy=/usr/sbin/policy-rc.d made=no status=0
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
        made=yes
    fi
    "$@" || status=$?
    [ $made = no ] || as_root rm -f $policy
    return $status
}

# Debian 12's etcd (3.4) and kubectl (1.20) are too old, and Debian 13's run on it unchanged. Its archive is added from the
# machine's own source file with the suite replaced, so the same mirror and key are used, and with a negative priority, so that nothing else
# can ever come from it.
add_debian_13() {
    local list=/etc/apt/sources.list.d/keelson-debian-13.sources pin=/etc/apt/preferences.d/keelson-debian-13
    [ -e $list ] && [ -e $pin ] && return 0
    local stanza
    if [ -e /etc/apt/sources.list.d/debian.sources ]; then
        stanza=$(awk 'BEGIN { RS = ""; ORS = "\n\n" } /Suites:[^\n]*bookworm( |\n|$)/' /etc/apt/sources.list.d/debian.sources |
            grep -v '^#' | sed 's/^Suites:.*/Suites: trixie/')
    else
        local uri
        uri=$(awk '$1 == "deb" { for (i = 2; i < NF; i++) if ($(i + 1) == "bookworm") { print $i; exit } }' /etc/apt/sources.list)
        [ -n "$uri" ] || fail "no Debian source found in /etc/apt: add one, or install etcd 3.5 or newer by hand"
        stanza=$(printf 'Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' "$uri")
    fi
    [ -n "$stanza" ] || fail "no bookworm stanza in /etc/apt/sources.list.d/debian.sources: install etcd 3.5 or newer by hand"
    say "Adding Debian 13's archive with a negative priority (only etcd and kubectl are taken from it)"
    printf '%s\n' "$stanza" | as_root tee $list >/dev/null
    printf 'Package: *\nPin: release n=trixie\nPin-Priority: -10\n' | as_root tee $pin >/dev/null
    apt_updated=no
}

install_from_debian_13() {
    add_debian_13
    apt_update
    local wanted=() plan
    for package in "$@"; do wanted+=("$package/trixie"); done
    plan=$(apt-get install -s --no-install-recommends "${wanted[@]}" 2>&1) || fail "apt can't install $*: $plan"
    # Installing an upgrade of one of the packages asked for is the point; of any other it is not.
    local others
    others=$(printf '%s\n' "$plan" | awk '$1 == "Inst" && $3 ~ /^\[/ { print $2 }' | grep -vxF "$(printf '%s\n' "$@")" || true)
    [ -z "$others" ] || fail "installing $* would upgrade other packages ($others): install them by hand"
    say "Installing $*"
    without_starting_services as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null || fail "could not install $*"
    if have systemctl && [ -d /run/systemd/system ] && [[ " $* " == *" etcd-server "* ]]; then
        as_root systemctl disable --quiet etcd.service || true
    fi
}

# The storage is also tested on the older etcd that Debian 12 has. Its package is unpacked below .build and not installed.
unpack_etcd_3_4() {
    local root folder release
    root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
    folder=$root/.build/etcd-3.4
    [ ! -x "$folder/usr/bin/etcd" ] || return 0
    # shellcheck disable=SC1091
    release=$(. /etc/os-release && echo "${ID:-}:${VERSION_CODENAME:-}")
    if [ "$release" != debian:bookworm ]; then
        say "The storage isn't tested on etcd 3.4: Debian 12 has a package of it, $release has none (or name a program in KEELSON_ETCD_3_4)"
        return 0
    fi
    say "Unpacking etcd 3.4 below .build (it isn't installed)"
    mkdir -p "$folder"
    download_etcd_3_4 "$folder" || { (apt_update) && download_etcd_3_4 "$folder"; } || {
        say "The storage isn't tested on etcd 3.4: 'apt-get download etcd-server/bookworm' failed"
        rm -rf "$folder"
    }
}

download_etcd_3_4() { # FOLDER
    (cd "$1" && apt-get download -qq etcd-server/bookworm 2>/dev/null && dpkg-deb -x etcd-server_*.deb . && rm -f etcd-server_*.deb)
}

setup_debian() {
    local libraries=(pkg-config libnghttp2-dev libprotobuf-c-dev)
    [ "$purpose" = run ] || libraries+=(protobuf-c-compiler libgrpc-dev openssl curl procps)
    apt_install "${libraries[@]}"

    [ "$purpose" = run ] || unpack_etcd_3_4
    local tools=()
    if needs_etcd; then tools+=(etcd-server); fi
    if [ "$purpose" = test ]; then
        if needs_etcdctl || needs_etcd; then tools+=(etcd-client); fi
        if needs_kubectl; then tools+=(kubectl); fi
    fi
    [ ${#tools[@]} -gt 0 ] || return 0
    # shellcheck disable=SC1091
    case $(. /etc/os-release && echo "${ID:-}:${VERSION_CODENAME:-}") in
    debian:bookworm) install_from_debian_13 "${tools[@]}" ;;
    *)
        apt_update
        say "Installing ${tools[*]}"
        without_starting_services as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "${tools[@]}" >/dev/null || fail "could not install ${tools[*]}"
        ;;
    esac
}

# ---- macOS ----------------------------------------------------------------------------------------------------------------------

setup_macos() {
    have brew || fail "Homebrew is missing. Install it from https://brew.sh and try again."
    local formulas=(pkg-config libnghttp2 protobuf-c)
    if needs_etcd; then formulas+=(etcd); fi
    [ "$purpose" = run ] || formulas+=(grpc)
    if [ "$purpose" = test ] && needs_kubectl; then formulas+=(kubernetes-cli); fi
    for formula in "${formulas[@]}"; do
        brew list --formula "$formula" >/dev/null 2>&1 && continue
        say "Installing $formula"
        HOMEBREW_NO_AUTO_UPDATE=1 brew install --quiet "$formula" || fail "could not install $formula: run 'brew install $formula' to see why"
    done
}

swift_is_new_enough
case $(uname -s) in
Darwin) setup_macos ;;
Linux)
    have apt-get || fail "this script knows Debian and macOS. Elsewhere install: libnghttp2, libprotobuf-c, pkg-config, etcd 3.5 or newer (and kubectl 1.32 for the tests)"
    setup_debian
    ;;
*) fail "unknown system $(uname -s)" ;;
esac

needs_etcd && fail "etcd $(etcd_version) is older than 3.5: put a newer one first on the PATH"
if [ "$purpose" = test ]; then
    needs_etcdctl && fail "etcdctl is missing: install it, or put it on the PATH"
    needs_kubectl && fail "kubectl $(kubectl_version) is older than 1.32: put a newer one first on the PATH, or name it in KUBECTL"
fi
exit 0
