#!/bin/bash
# A store without runs, or none yet, says what to do next.
. "$(dirname "$0")/lib.sh"
start 80 24
workbench # makes it
wait_for 'import'
keys j Enter s / Escape q
ended 0
line clear
wait_gone 'done:'
run "$orrery open --store $store </dev/null | cat"
wait_for 'import'
ended 0
