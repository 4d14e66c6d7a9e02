#!/bin/bash
# The first screen shows the runs; keys move about; q leaves the terminal as it was.
. "$(dirname "$0")/lib.sh"
small_store
start 80 24
workbench
wait_for 'lr1e-3-w64-s1'
wait_for 'diverged'
first=$(styled_screen)
keys j j j G g k
wait_for 'lr1e-3-w64-s1'
keys G
wait_until differs_from "$first" || fail "G moved nothing"
keys g
wait_until same_as "$first" || fail "g did not come back to the first row"
keys q
ended 0
