#!/bin/bash
# The palette imports a folder while the workbench runs, and so may another process: the runs appear by themselves.
. "$(dirname "$0")/lib.sh"
small_store
mkdir "$scratch/more"
cp -r "$scratch"/simulated/sweep/lr1e-4-w128-s2 "$scratch/more"
start 80 24
workbench
wait_for 'lr1e-3-w64-s1'
lacks 'lr1e-4-w128-s2' || fail "it is there already"
keys :
line "import $scratch/more"
wait_for '460 points'
keys Escape
wait_for 'lr1e-4-w128-s2'
cp -r "$scratch/simulated/long" "$scratch/more"
"$orrery" import "$scratch/more" --store "$store" >"$scratch/import.log" 2>&1 || fail "$(cat "$scratch/import.log")"
wait_for ' long '
keys q
ended 0
