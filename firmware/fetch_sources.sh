#!/bin/sh
# Puts the source packages that the firmware compiles (lwIP 2.1.3, mbedTLS 2.28) into FOLDER, from the Debian archives
# that this machine already uses. Does nothing where they are there. Needs dpkg-dev; changes nothing outside FOLDER.
# Usage: fetch_sources.sh [FOLDER]        (default: .deps in the repository)
set -eu

repository=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$repository/.deps}
lwip_version=2.1.3
mbedtls_version=2.28

fail() {
    echo "fetch_sources: $*" >&2
    exit 1
}

unpacked() {  # unpacked PACKAGE VERSION: its folder's name, once complete
    for candidate in "$folder/$1-$2"*; do
        [ -f "$candidate/.complete" ] && echo "$candidate" && return 0
    done
    return 1
}

if unpacked lwip "$lwip_version" > /dev/null && unpacked mbedtls "$mbedtls_version" > /dev/null; then
    exit 0
fi

command -v dpkg-source > /dev/null || fail "dpkg-source is missing; install it with: apt-get install dpkg-dev"
command -v apt-get > /dev/null || fail "apt-get is missing; unpack the Debian sources lwip $lwip_version and \
mbedtls $mbedtls_version.x into $folder yourself and put an empty file .complete into each"

state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
mkdir -p "$folder" "$state/lists/partial" "$state/cache/archives/partial"

# The machine's own package sources, with "deb-src" for "deb". One-line lists and deb822 files.
etc=$(apt-config shell d Dir::Etc/d | sed "s/^d='\(.*\)'$/\1/")
etc=${etc:-/etc/apt/}
for list in "$etc"/sources.list "$etc"/sources.list.d/*.list; do
    [ -r "$list" ] || continue
    sed -n 's/^[[:space:]]*deb\(-src\)\{0,1\}[[:space:]]\{1,\}/deb-src /p' "$list"
done | grep -v 'cdrom:' | sort -u > "$state/one_line.list" || true
: > "$state/deb822.sources"
for list in "$etc"/sources.list.d/*.sources; do
    [ -r "$list" ] || continue
    sed -e 's/^[Tt]ypes:.*/Types: deb-src/' -e '/^[Ee]nabled:/d' "$list" >> "$state/deb822.sources"
    echo >> "$state/deb822.sources"
done
mkdir "$state/parts"
[ -s "$state/one_line.list" ] && cp "$state/one_line.list" "$state/parts/"
[ -s "$state/deb822.sources" ] && cp "$state/deb822.sources" "$state/parts/"
[ -n "$(ls -A "$state/parts")" ] || fail "no package sources in $etc; add a Debian archive to $etc/sources.list"

apt() {
    apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$state/parts" \
        -o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache" \
        -o APT::Sandbox::User="$(id -un)" -o Debug::NoLocking=1 "$@"
}
apt update > "$state/log" 2>&1 || {
    tail -n 3 "$state/log" >&2
    fail "cannot read the package archives (above); check the network and $etc"
}

fetch() {  # fetch PACKAGE UPSTREAM_VERSION
    unpacked "$1" "$2" > /dev/null && return 0
    version=$(apt-cache -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$state/parts" \
        -o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache" showsrc "$1" 2> /dev/null |
        awk '$1 == "Version:" { print $2 }' | grep "^\(.*:\)\{0,1\}$2\([.+-]\|$\)" | sort -V | tail -n 1)
    [ -n "$version" ] || fail "the archives in $etc have no source package $1 $2; use Debian 12's, or unpack \
$1 $2 into $folder yourself and put an empty file .complete into it"
    mkdir -p "$state/$1"
    (cd "$state/$1" && apt source "$1=$version") > "$state/log" 2>&1 || {
        tail -n 3 "$state/log" >&2
        fail "cannot fetch the source package $1=$version (above)"
    }
    unpacked_now=$(find "$state/$1" -mindepth 1 -maxdepth 1 -type d | head -n 1)
    rm -rf "${folder:?}/$(basename "$unpacked_now")"
    touch "$unpacked_now/.complete"
    mv "$unpacked_now" "$folder/"
    echo "fetch_sources: $1 $version"
}
fetch lwip "$lwip_version"
fetch mbedtls "$mbedtls_version"
