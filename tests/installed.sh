#!/bin/bash
# installed.sh BUILD: `make install` into a folder of its own gives a program that runs, pages of the manual, a library that
# another program links and that shows only what its headers declare; `make uninstall` leaves nothing of it.
set -eu
[ "$1" = build/release ] || { echo "release only"; exit 77; }
command -v pkg-config >/dev/null || { echo "pkg-config is missing"; exit 77; }
root=$(mktemp -d /tmp/orrery-installed.XXXXXX)
trap 'rm -rf "$root"' EXIT
fail() { echo "installed.sh: $1" >&2; exit 1; }

make -s install prefix="$root/usr" >/dev/null
export PATH=$root/usr/bin:$PATH XDG_CACHE_HOME=$root/cache XDG_DATA_HOME=$root/data
[ "$(orrery --version | head -1)" = "$(build/orrery --version | head -1)" ] || fail "another version"
orrery open --example </dev/null | grep -q 'runs' || fail "the example store does not open"
for page in orrery.1 orrery-runs.1 liborrery.3 orrery-store.5 orrery-methods.7; do
    [ -s "$root/usr/share/man/man${page##*.}/$page" ] || fail "no page $page"
done

export PKG_CONFIG_PATH=$root/usr/lib/pkgconfig LD_LIBRARY_PATH=$root/usr/lib
# shellcheck disable=SC2046
gcc -std=c11 -Wall -Wextra -Werror -o "$root/embed" tests/embed.c $(pkg-config --cflags --libs orrery)
"$root/embed" "$root/embed.db" >"$root/out" || fail "the example of the library fails"
grep -q '^loss: 12 points, last 0.0833$' "$root/out" || { cat "$root/out"; fail "the example reads another curve"; }
[ "$(grep -cE '^1[3-8]: [0-9.]+ \([0-9.]+ to [0-9.]+\)$' "$root/out")" = 6 ] || { cat "$root/out"; fail "no forecast"; }
[ "$(orrery --store "$root/embed.db" runs --csv | grep -c embedded)" = 1 ] || fail "the program does not see the library's run"
nm -D --defined-only "$root/usr/lib/liborrery.so" | awk '$2 ~ /[TDBR]/ {print $3}' | grep -v '^ORRERY_0$' |
    sed 's/@@ORRERY_0$//' | sort >"$root/shown"
[ -s "$root/shown" ] || fail "the library shows nothing"
while read -r name; do
    grep -qw "$name" include/orrery/*.h || fail "$name is shown, but no public header has it"
done <"$root/shown"

make -s uninstall prefix="$root/usr" >/dev/null
left=$(find "$root/usr" -type f -o -type l)
[ -z "$left" ] || fail "uninstall left $left"
