#!/bin/bash
# However it ends, the terminal is left as it was.
. "$(dirname "$0")/lib.sh"
small_store
start 80 24
ulimit -c 0
for how in 'TERM 143' 'HUP 129' 'INT 130' 'SEGV 139' 'ABRT 134'; do
    line clear
    wait_gone 'done:'
    workbench
    wait_for 'lr1e-3-w64-s1'
    find_process orrery
    kill "-${how% *}" "$pid"
    ended "${how#* }"
done
line clear
wait_gone 'done:'
workbench
wait_for 'lr1e-3-w64-s1'
keys C-c
ended 130
