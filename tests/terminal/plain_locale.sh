#!/bin/bash
# Without UTF-8 everything is drawn with ASCII.
. "$(dirname "$0")/lib.sh"
small_store
start 80 24
for variables in LC_ALL=C 'LC_ALL=POSIX LANG=en_US.UTF-8'; do
    line clear
    wait_gone 'done:'
    workbench "$variables"
    wait_for 'lr1e-3-w64-s1'
    ! screen | LC_ALL=C grep -q '[^ -~]' || fail "not ASCII under $variables"
    keys Enter # a chart
    wait_until eval '! shows "lr1e-3-w256-s1 "' || true
    ! screen | LC_ALL=C grep -q '[^ -~]' || fail "not ASCII under $variables"
    keys q
    ended 0
done
