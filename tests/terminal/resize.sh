#!/bin/bash
# Any size draws, down to one cell, and the full picture comes back.
. "$(dirname "$0")/lib.sh"
small_store
start 80 24
workbench
wait_for 'lr1e-3-w64-s1'
settle
before=$picture
find_process orrery
for size in '38 10' '20 5' '10 2' '3 1' '1 1' '200 60' '1 40' '150 1'; do
    # shellcheck disable=SC2086
    resize $size
    keys j k
    sleep 0.1
    [ -e "/proc/$pid" ] || fail "ended at ${size/ /x}"
done
resize 20 5
wait_until eval '[ -n "$(screen | tr -d "[:space:]")" ]' || fail "nothing is drawn at 20x5"
resize 80 24
wait_until same_as "$before" || fail "another picture than before the resizing"
resize 20 5
keys q
resize 80 24
ended 0
