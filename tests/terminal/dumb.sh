#!/bin/bash
# A terminal that cannot move its cursor, or that nobody knows, gets the overview as text.
. "$(dirname "$0")/lib.sh"
small_store
start 100 40
for term in dumb no-such-terminal ''; do
    line clear
    wait_gone 'done:'
    run "env TERM=$term $orrery open --store $store"
    wait_for 'lr1e-3-w64-s1'
    ended 0
done
