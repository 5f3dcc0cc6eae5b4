#!/usr/bin/env bash
# Unpacks the headers of Debian's libonnxruntime-dev into a folder, verified by apt itself, without installing anything
# and without touching the system's package lists: apt runs with lists, cache and source list of its own.
# The package first appears in trixie; the mirror and the signing key are those that the machine already trusts.
#   fetch-onnxruntime-headers.sh FOLDER   →   FOLDER/usr/include/onnxruntime/*.h
set -euo pipefail

target=$1
suite=trixie
key=/usr/share/keyrings/debian-archive-keyring.gpg

fail() { echo "fetch-onnxruntime-headers: $1" >&2; exit 1; }
command -v apt-get > /dev/null || fail "apt-get is not on this machine"
[ -r "$key" ] || fail "$key is missing (package debian-archive-keyring)"

mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2> /dev/null \
  | grep -v '^ *#' | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' ' || true)
[ -n "$mirror" ] || fail "no Debian mirror in this machine's apt sources"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
echo "deb [signed-by=$key] $mirror $suite main" > "$work/sources.list"
apt=(apt-get -q
  -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=)

"${apt[@]}" update
(cd "$work" && "${apt[@]}" download libonnxruntime-dev)
mkdir -p "$target"
dpkg-deb -x "$work"/libonnxruntime-dev_*.deb "$target"
