#!/bin/bash
# A terminal that cannot place its cursor, or that nobody knows, gets a line mode: plain text, commands at a prompt.
. "$(dirname "$0")/lib.sh"
small_store
start 100 40
for term in dumb no-such-terminal ''; do
    line clear
    wait_gone 'done:'
    run "env TERM=$term $orrery open --store $store"
    wait_for '^orrery> *$'
    shows 'diverged' || fail "the runs are not listed"
    ! mux capture-pane -p -e | grep -q $'\e' || fail "escapes on a terminal that knows none"
    line 'show diverged'
    wait_for 'grad_norm'
    line quit
    ended 0
done
