#!/bin/bash
# run.sh BUILD WHAT: runs the tests of one build folder and prints a closing line of counts.
# WHAT: all | unit | screens | terminal | real | layers | installed. Exit 0 only when nothing failed.
# Environment: REAL=DIR real data; ORR_SLOW=1 generous time limits; ORR_WRAP=COMMAND runs each unit test under it.
set -u
build=$1 what=$2
cd "$(dirname "$0")/.." || exit 2
passed=0 failed=0 skipped=0

# Nothing of the user's home, locale or settings may reach a test.
scratch=$(mktemp -d /tmp/orrery-tests.XXXXXX) || exit 2
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
mkdir "$scratch/home"
export HOME=$scratch/home LC_ALL=C.UTF-8 TZ=UTC ORRERY_TEST_DATA=$PWD/tests/data
unset XDG_DATA_HOME XDG_CONFIG_HOME XDG_CACHE_HOME XDG_STATE_HOME ORRERY_STORE NO_COLOR CLICOLOR COLUMNS LINES
if [ "$build" = build/release ]; then ORRERY_BIN=$PWD/build/orrery; else ORRERY_BIN=$PWD/$build/orrery; fi
export ORRERY_BIN
limit=${ORR_SLOW:+3600}
export CK_DEFAULT_TIMEOUT=${ORR_SLOW:+1800} LIMIT=${limit:-180}

# Check binaries, as many at a time as there are cores; reported in order of name. The summary line of each reads
# "NN%: Checks: N, Failures: N, Errors: N".
unit() { # pattern
    local list name log rc sum bad
    list=$(find tests/unit -name "$1.c" -printf "$build/tests/%f\n" | sed 's/\.c$//' | sort)
    [ -n "$list" ] || return 0
    # shellcheck disable=SC2016,SC2086
    xargs -P "$(nproc)" -I{} bash -c \
        'n=$(basename "$1"); timeout --foreground -k 5 "$LIMIT" ${ORR_WRAP:-} "$1" >"$2/$n.log" 2>&1; echo $? >"$2/$n.rc"' \
        _ {} "$scratch" <<<"$list"
    for name in $list; do
        name=${name##*/} log=$scratch/${name##*/}.log rc=$(cat "$scratch/${name##*/}.rc")
        sum=$(grep -aE '^[0-9]+%: Checks: ' "$log" | tail -1)
        if [[ $sum =~ Checks:\ ([0-9]+),\ Failures:\ ([0-9]+),\ Errors:\ ([0-9]+) ]]; then
            bad=$((BASH_REMATCH[2] + BASH_REMATCH[3]))
            [ "$bad" = 0 ] && [ "$rc" != 0 ] && bad=1
            passed=$((passed + BASH_REMATCH[1] - bad)) failed=$((failed + bad))
            if [ "$bad" = 0 ]; then
                echo "ok    $name (${BASH_REMATCH[1]})"
                grep -a '^note: ' "$log" | sort -u # what a test wants said, as "no real data given"
            else
                echo "FAIL  $name ($bad of ${BASH_REMATCH[1]})"
                grep -av '%: Checks' "$log" | head -60
            fi
        else
            failed=$((failed + 1))
            echo "FAIL  $name (exit $rc, no summary)"
            tail -30 "$log"
        fi
    done
}
# A script: exit 0 passed, 77 skipped, else failed.
script() { # path args...
    local log rc
    log=$(timeout --foreground -k 5 "$LIMIT" "$@" 2>&1)
    rc=$?
    case $rc in
    0) passed=$((passed + 1)); echo "ok    $1" ;;
    77) skipped=$((skipped + 1)); echo "skip  $1: $(tail -1 <<<"$log")" ;;
    *) failed=$((failed + 1)); echo "FAIL  $1 (exit $rc)"; tail -40 <<<"$log" ;;
    esac
}
terminal() {
    local s
    for s in tests/terminal/*.sh; do
        if [ -x "$s" ]; then script "$s"; fi # lib.sh is not executable
    done
}
layers() { script tests/layers.sh "$build"; }
installed() { script tests/installed.sh "$build"; }

case $what in
unit) unit 'test_*' ;;
screens) unit 'test_screen*' ;;
terminal) terminal ;;
layers) layers ;;
installed) installed ;;
real) unit 'test_real*' ;;
all) layers; unit 'test_*'; terminal; installed ;;
*) echo "usage: $0 BUILD all|unit|screens|terminal|real|layers|installed" >&2; exit 2 ;;
esac
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
