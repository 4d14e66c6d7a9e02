#!/bin/bash
# A network is trained with its weights recorded; the Weights screen forecasts them, is scrubbed, resized and exported from.
. "$(dirname "$0")/lib.sh"
"$orrery" --store "$store" lab train --data spirals --arch mlp:8:tanh --epochs 12 --weights every:epoch --name tiny \
    >"$scratch/train.log" 2>&1 || { cat "$scratch/train.log"; exit 1; }
start 100 30
workbench
wait_for 'tiny'
keys w
wait_for 'layers.2.weight'
wait_for 'flow to step 12, mae'
keys Tab
wait_for 'principal plane'
wait_until eval "screen | grep -q '[→↗↑↖←↙↓↘]'" || fail "no arrow of the field"
keys l l
wait_for '5 of 13 snapshots'
keys h h
wait_for '3 of 13 snapshots'
for size in '20 5' '40 10' '200 60' '100 30'; do
    # shellcheck disable=SC2086
    resize $size
    wait_until eval '[ -n "$(screen | tr -d "[:space:]")" ]' || fail "nothing is drawn at ${size/ /x}"
done
text ':method persistence'
keys Enter
wait_for 'persistence to step 12'
text ":export $scratch/home/plane.csv"
keys Enter
wait_until [ -s "$scratch/home/plane.csv" ] || fail "no file was written"
keys q
ended 0
