#!/bin/bash
# Ctrl-Z gives the terminal back to the shell, fg takes it again and paints everything.
. "$(dirname "$0")/lib.sh"
small_store
start 80 24
line "$orrery open --store $store"
full_screen
wait_for 'lr1e-3-w64-s1'
settle
before=$picture
keys C-z
wait_for 'Stopped'
normal_screen
flag cursor_flag 1 || fail "the cursor is hidden while suspended"
line "stty -a | grep -c ' echo '"
wait_for '^1$'
line fg
full_screen
wait_until same_as "$before" || fail "another picture than before Ctrl-Z"
keys C-z
wait_for 'Stopped'
resize 60 20 # while nobody looks
line fg
full_screen
wait_for 'lr1e-3-w64-s1'
keys q
normal_screen
line 'echo left: $?'
wait_for '^left: 0$'
