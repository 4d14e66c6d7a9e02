#!/bin/bash
# run.sh BUILD WHAT: runs the tests of one build folder and prints a closing line of counts.
# WHAT: all | unit | screens | terminal | real | layers. Exit 0 only when nothing failed.
set -u
build=$1 what=$2
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.." || exit 2
passed=0 failed=0 skipped=0
export ORRERY_TEST_DATA=$here/data ORRERY_BIN=${ORRERY_BIN:-$PWD/build/orrery}
[ "$build" = build/release ] || ORRERY_BIN=$PWD/$build/orrery

# A Check binary: its summary line is "NN%: Checks: N, Failures: N, Errors: N".
unit() { # pattern
    local t log sum
    for t in $(find "$build/tests" -name "$1" -type f -executable | sort); do
        log=$(CK_DEFAULT_TIMEOUT=${ORR_SLOW:+600} ${ORR_WRAP:-} "$t" 2>&1)
        local rc=$?
        sum=$(printf '%s\n' "$log" | grep -aE '^[0-9]+%: Checks: ' | tail -1)
        if [[ $sum =~ Checks:\ ([0-9]+),\ Failures:\ ([0-9]+),\ Errors:\ ([0-9]+) ]]; then
            local bad=$((BASH_REMATCH[2] + BASH_REMATCH[3]))
            [ $bad = 0 ] && [ $rc != 0 ] && bad=1
            passed=$((passed + BASH_REMATCH[1] - bad)) failed=$((failed + bad))
            [ $bad = 0 ] && echo "ok    ${t#"$build/tests/"} (${BASH_REMATCH[1]})" || { echo "FAIL  $t"; printf '%s\n' "$log" | grep -av '%: Checks' | head -60; }
        else
            failed=$((failed + 1))
            echo "FAIL  $t (exit $rc, no summary)"; printf '%s\n' "$log" | tail -30
        fi
    done
}
# A script: exit 0 passed, 77 skipped, else failed.
script() { # path args...
    local log rc
    log=$("$@" 2>&1); rc=$?
    case $rc in
    0) passed=$((passed + 1)); echo "ok    $1" ;;
    77) skipped=$((skipped + 1)); echo "skip  $1: $(printf '%s' "$log" | tail -1)" ;;
    *) failed=$((failed + 1)); echo "FAIL  $1 (exit $rc)"; printf '%s\n' "$log" | tail -40 ;;
    esac
}
terminal() { for s in tests/terminal/*.sh; do [ -e "$s" ] && script "$s"; done; }
layers() { [ -x tests/layers.sh ] && script tests/layers.sh "$build"; }

case $what in
unit) unit 'test_*' ;;
screens) unit 'test_screen*' ;;
terminal) terminal ;;
layers) layers ;;
real) unit 'test_real*' ;;
all) layers; unit 'test_*'; terminal ;;
*) echo "usage: $0 BUILD all|unit|screens|terminal|real|layers" >&2; exit 2 ;;
esac
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
