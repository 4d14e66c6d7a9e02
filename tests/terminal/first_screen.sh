#!/bin/bash
# The first screen shows the runs; keys move about; q leaves the terminal as it was.
. "$(dirname "$0")/lib.sh"
small_store
start 80 24
workbench
wait_for 'lr1e-3-w64-s1'
wait_for 'diverged'
settle
bar_at() { [ "$(styled_screen | grep -nP '\e\[[0-9;]*\b(7|48;[25][0-9;]*)m.*'"$1" | head -1)" ]; }
keys j j j G g k
wait_for 'lr1e-3-w64-s1'
keys G
wait_until bar_at diverged || fail "G does not go to the last row"
keys g
wait_until bar_at lr3e-3-w256-s1 || fail "g does not come back to the first row"
keys q
ended 0
