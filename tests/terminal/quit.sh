#!/bin/bash
# q leaves from every screen, and Esc comes back from it.
. "$(dirname "$0")/lib.sh"
small_store
start 80 24
for key in 1 2 3 4 5 6 7 8 9 '?' ';' Enter; do
    line clear
    wait_gone 'done:'
    workbench
    wait_for 'lr1e-3-w64-s1'
    keys "$key"
    sleep 0.15 # some numbers have no screen: nothing to wait for
    if shows '^sql>'; then # a line to type in, where q is a letter until Esc leaves it
        keys Escape
        wait_gone '^sql>'
    fi
    keys q
    ended 0
done
workbench
wait_for 'lr1e-3-w64-s1'
keys '?'
wait_gone 'lr1e-3-w64-s1'
keys Escape
wait_for 'lr1e-3-w64-s1'
keys q
ended 0
