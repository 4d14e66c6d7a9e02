#!/bin/bash
# NO_COLOR turns colours off and leaves bold and reverse; without it there are colours.
. "$(dirname "$0")/lib.sh"
small_store
start 80 24
colours() { mux capture-pane -p -e | grep -qP '\e\[[0-9;]*\b(3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8;[25])[;m0-9]'; }
workbench
wait_for 'lr1e-3-w64-s1'
colours || fail "no colours to begin with"
keys q
ended 0
line clear
wait_gone 'done:'
workbench NO_COLOR=1
wait_for 'lr1e-3-w64-s1'
! colours || fail "colours in spite of NO_COLOR"
keys q
ended 0
