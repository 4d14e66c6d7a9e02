#!/bin/bash
# From the table to a chart and back, at sizes down to 20x5, with marks, a log axis and a gap for NaN.
. "$(dirname "$0")/lib.sh"
small_store
start 80 24
workbench
wait_for 'lr1e-3-w64-s1'
keys Space Space Enter
wait_for 'val_loss'
wait_until eval "screen | grep -qP '[\x{2801}-\x{28FF}]'" || fail "no curve in braille"
settle
before=$picture
keys y
wait_until differs_from "$before" || fail "y changes nothing"
keys y
wait_until same_as "$before" || fail "y twice is not what it was"
for size in '20 5' '38 10' '200 60' '80 24'; do
    # shellcheck disable=SC2086
    resize $size
    wait_until eval '[ -n "$(screen | tr -d "[:space:]")" ]' || fail "nothing is drawn at ${size/ /x}"
done
wait_until same_as "$before" || fail "another picture than before the resizing"
keys Escape
wait_for 'lr1e-3-w64-s1'
keys q
ended 0
